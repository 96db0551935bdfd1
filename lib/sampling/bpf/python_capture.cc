// The pure part beside the BPF program: layouts on the way in, records on the way out.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {
namespace {

PythonOutcome outcome_of(uint8_t walk) {
  switch (walk) {
    case kPythonWalkNone:
      return PythonOutcome::none;
    case kPythonWalkFull:
      return PythonOutcome::full;
    case kPythonWalkTooDeep:
      return PythonOutcome::partial;
    case kPythonWalkTorn:
      return PythonOutcome::inconsistent;
    default:
      return PythonOutcome::unread;
  }
}

/// Puts the calls of the evaluator in the order in which they lie on the C stack: the lower, the newer.
void sort_calls(std::vector<RawPythonFrame>& frames) {
  struct Call {
    uint64_t anchor;
    size_t begin, end;
  };
  std::vector<Call> calls;
  uint64_t anchor = 0;
  size_t begin = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].anchor == 0 && i + 1 != frames.size()) continue;
    // One whose place is not known stays below the one before it.
    if (frames[i].anchor > 1) anchor = frames[i].anchor;
    calls.push_back({anchor, begin, i + 1});
    begin = i + 1;
  }
  std::ranges::stable_sort(calls, {}, &Call::anchor);
  std::vector<RawPythonFrame> sorted;
  sorted.reserve(frames.size());
  for (const Call& call : calls) {
    sorted.insert(sorted.end(), frames.begin() + static_cast<std::ptrdiff_t>(call.begin),
                  frames.begin() + static_cast<std::ptrdiff_t>(call.end));
  }
  frames = std::move(sorted);
}

constexpr PythonOffset kWord = sizeof(PythonWord);

bool fits(PythonOffset offset, PythonHalf size) {
  return offset < 0 || offset + kWord <= static_cast<PythonOffset>(size);
}

}  // namespace

void fill_capture(const PythonRecord& record, std::span<const RawPythonFrame> frames, PythonCapture& out) {
  out.clear();
  out.reading = PythonReading::in_interrupt;
  out.outcome = outcome_of(record.outcome);
  out.holds_gil = record.holds_gil != 0;
  out.collecting = record.collecting != 0;
  out.interpreter = record.interpreter;
  if (out.outcome == PythonOutcome::full || out.outcome == PythonOutcome::partial) {
    out.frames.assign(frames.begin(), frames.end());
    if (record.parts > 1) sort_calls(out.frames);
  }
}

Result<PythonProcess> make_python_process(const PythonTarget& target) {
  const PythonWalkLayout& layout = target.layout;
  const std::array in_thread = {layout.thread_next,       layout.thread_interpreter, layout.thread_frame,
                                layout.thread_ident,      layout.thread_native_id,   layout.thread_state,
                                layout.thread_base_frame, layout.thread_chunk,       layout.thread_top};
  const std::array in_frame = {layout.frame_code, layout.frame_previous, layout.frame_instruction};
  const std::array needed = {
      layout.runtime_interpreters, layout.interpreter_next,   layout.interpreter_threads,
      layout.thread_next,          layout.thread_interpreter, layout.thread_frame,
      layout.frame_code,           layout.frame_previous,     layout.frame_instruction};
  PythonProcess process{.layout = layout, .runtime = target.runtime, .code_type = target.code_type};
  const PythonOffset last = *std::max_element(in_thread.begin(), in_thread.end());
  const bool complete = std::all_of(needed.begin(), needed.end(), [](auto offset) { return offset >= 0; });
  const bool threads_fit = fits(last, kMaxPythonThreadBytes);
  // Offsets into what was read are masked in the program: a wrong one reads nonsense and harms nothing.
  const bool frames_fit = std::all_of(in_frame.begin(), in_frame.end(),
                                      [&](auto offset) { return fits(offset, kMaxPythonFrameBytes); });
  if (!complete || !threads_fit || !frames_fit || layout.frame_size > kMaxPythonFrameBytes) {
    return fail(ErrorCode::unsupported, "the layout of this CPython is beyond what the BPF program reads");
  }
  process.ident_tid = static_cast<PythonHalf>(target.tid_in_pthread);
  process.thread_bytes = static_cast<PythonHalf>(last + kWord);
  return process;
}

}  // namespace strobe::sampling::bpf
