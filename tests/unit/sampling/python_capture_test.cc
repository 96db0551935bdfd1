// The two ends of the BPF program: layouts that it can walk, and what its records become.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {
namespace {

/// Like CPython 3.13's, as far as it matters here.
PythonTarget make_target() {
  PythonTarget target{.pid = 1, .runtime = 0x1000};
  PythonWalkLayout& layout = target.layout;
  layout.minor = 13;
  layout.runtime_interpreters = 632;
  layout.runtime_gil = -1;
  layout.interpreter_next = 7264;
  layout.interpreter_threads = 7344;
  layout.thread_next = 8;
  layout.thread_interpreter = 16;
  layout.thread_frame = 72;
  layout.thread_native_id = 160;
  layout.thread_ident = 152;
  layout.thread_state = 40;
  layout.thread_base_frame = -1;
  layout.thread_chunk = layout.thread_top = -1;
  layout.frame_code = 0;
  layout.frame_previous = 8;
  layout.frame_instruction = 56;
  layout.frame_owner = 70;
  layout.frame_size = 72;
  return target;
}

TEST(PythonProcess, ReadsAsMuchOfAThreadAsIsLookedAt) {
  const auto process = make_python_process(make_target());
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->thread_bytes, 168u);
  EXPECT_EQ(process->runtime, 0x1000u);
}

TEST(PythonProcess, RefusesLayoutsThatItsProgramCannotWalk) {
  for (const auto offset : {-1, 505, 1 << 20}) {
    PythonTarget target = make_target();
    target.layout.thread_frame = offset;
    EXPECT_FALSE(make_python_process(target).has_value()) << "thread_frame " << offset;
  }
  for (const auto offset : {-1, 121, 1 << 20}) {
    PythonTarget target = make_target();
    target.layout.frame_previous = offset;
    EXPECT_FALSE(make_python_process(target).has_value()) << "frame_previous " << offset;
  }
  PythonTarget target = make_target();
  target.layout.frame_size = kMaxPythonFrameBytes + 1;
  EXPECT_FALSE(make_python_process(target).has_value());
}

struct OutcomeCase {
  PythonWalkOutcome walk;
  PythonOutcome outcome;
  size_t frames;  // of the two that the record has
};

TEST(PythonCaptureOfRecord, KeepsFramesThatAreCertain) {
  const std::array cases = {OutcomeCase{kPythonWalkFull, PythonOutcome::full, 2},
                            OutcomeCase{kPythonWalkTooDeep, PythonOutcome::partial, 2},
                            OutcomeCase{kPythonWalkTorn, PythonOutcome::inconsistent, 0},
                            OutcomeCase{kPythonWalkUnread, PythonOutcome::unread, 0},
                            OutcomeCase{kPythonWalkNotFound, PythonOutcome::unread, 0},
                            OutcomeCase{kPythonWalkNone, PythonOutcome::none, 0}};
  const std::array<RawPythonFrame, 2> frames = {RawPythonFrame{.code = 1}, RawPythonFrame{.code = 2}};
  PythonCapture capture;
  for (const OutcomeCase& expected : cases) {
    const PythonRecord record{.interpreter = 9,
                              .frame_count = 2,
                              .outcome = static_cast<unsigned char>(expected.walk),
                              .holds_gil = 1};
    fill_capture(record, frames, capture);
    EXPECT_EQ(capture.outcome, expected.outcome);
    EXPECT_EQ(capture.reading, PythonReading::in_interrupt);
    EXPECT_EQ(capture.interpreter, 9u);
    EXPECT_TRUE(capture.holds_gil);
    ASSERT_EQ(capture.frames.size(), expected.frames);
    if (expected.frames != 0) {
      EXPECT_EQ(capture.frames[1].code, 2u);
    }
  }
}

TEST(PythonCaptureOfRecord, PutsStatesOfAThreadInOrder) {
  const auto frame = [](PythonWord code, PythonWord anchor) {
    return RawPythonFrame{.code = code, .anchor = anchor};
  };
  // The outer interpreter's state was found first; the inner one called back into it.
  const std::array frames = {frame(1, 0x10), frame(4, 0), frame(5, 0x40), frame(2, 0), frame(3, 0x20)};
  const auto codes_of = [&](unsigned char parts) {
    const PythonRecord record{.frame_count = frames.size(), .outcome = kPythonWalkFull, .parts = parts};
    PythonCapture capture;
    fill_capture(record, frames, capture);
    std::vector<PythonWord> codes;
    for (const RawPythonFrame& found : capture.frames) codes.push_back(found.code);
    return codes;
  };
  EXPECT_EQ(codes_of(2), (std::vector<PythonWord>{1, 2, 3, 4, 5}));
  // A single chain is in order by itself, be it on stacks of its own (greenlets).
  EXPECT_EQ(codes_of(1), (std::vector<PythonWord>{1, 4, 5, 2, 3}));
}

}  // namespace
}  // namespace strobe::sampling::bpf
