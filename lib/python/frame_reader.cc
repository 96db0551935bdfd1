#include "python/frame_reader.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "python/core/read_word.h"

namespace strobe::python {
namespace {

PythonOutcome outcome_of(ChainEnd end) {
  switch (end) {
    case ChainEnd::bottom:
      return PythonOutcome::full;
    case ChainEnd::empty:
      return PythonOutcome::none;
    case ChainEnd::too_deep:
      return PythonOutcome::partial;
    case ChainEnd::unreadable:
      return PythonOutcome::unread;
    case ChainEnd::torn:
    case ChainEnd::cycle:
      break;
  }
  return PythonOutcome::inconsistent;
}

/// Where on the C stack the innermost call of the evaluator is: the lower, the newer. 0 not known.
uint64_t innermost_anchor(const PythonCapture& capture) {
  const auto known =
      std::ranges::find_if(capture.frames, [](const RawPythonFrame& frame) { return frame.anchor > 1; });
  return known == capture.frames.end() ? 0 : known->anchor;
}

/// One interpreter's part of a thread's stack.
struct Part {
  PythonCapture capture;
  std::vector<uint64_t> addresses;
};

/// What is known about both parts together: the worse of the two.
PythonOutcome worse(PythonOutcome a, PythonOutcome b) {
  if (a == PythonOutcome::none) return b;
  return b == PythonOutcome::none ? a : std::max(a, b);
}

}  // namespace

FrameReader::FrameReader(MemoryReader& memory, Runtime runtime)
    : memory_(&memory),
      runtime_(runtime),
      finder_(memory, runtime_),
      pages_(memory),
      running_(memory, runtime_),
      chain_storage_(kMaxChainFrames),
      chain_{.storage = chain_storage_} {}

void FrameReader::capture_stopped(pid_t native_id, PythonCapture& out, std::span<const uint64_t> registers) {
  registers_ = registers;
  capture(native_id, PythonReading::stopped, out);
  registers_ = {};
}

void FrameReader::capture_running(pid_t native_id, PythonCapture& out) {
  capture(native_id, PythonReading::running, out);
}

void FrameReader::capture(pid_t native_id, PythonReading reading, PythonCapture& out) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto threads = finder_.find(native_id, monotonic_now_ns());
    out.clear();
    out.reading = reading;
    addresses_.clear();
    bool same = true;
    if (threads.size() == 1) {
      same = capture_state(threads[0], reading, out);
    } else {
      same = capture_states(threads, reading, out);
    }
    if (same) return;
    finder_.forget();  // a state that was freed and made anew for another thread
  }
  out.clear();
  out.reading = reading;
  out.outcome = PythonOutcome::unread;
}

bool FrameReader::capture_states(std::span<const PythonThread> threads, PythonReading reading,
                                 PythonCapture& out) {
  std::vector<Part> parts;
  for (const PythonThread& thread : threads) {
    PythonCapture part{.reading = reading};
    addresses_.clear();
    if (!capture_state(thread, reading, part)) return false;
    out.outcome = worse(out.outcome, part.outcome);
    if (part.holds_gil || out.interpreter == 0) out.interpreter = part.interpreter;
    out.holds_gil = out.holds_gil || part.holds_gil;
    out.collecting = out.collecting || part.collecting;
    if (!part.frames.empty()) parts.push_back({std::move(part), addresses_});
  }
  std::ranges::stable_sort(parts, {}, [](const Part& part) { return innermost_anchor(part.capture); });
  addresses_.clear();
  for (const Part& part : parts) {
    out.frames.insert(out.frames.end(), part.capture.frames.begin(), part.capture.frames.end());
    addresses_.insert(addresses_.end(), part.addresses.begin(), part.addresses.end());
  }
  if (!parts.empty()) out.interpreter = parts.front().capture.interpreter;
  return true;
}

bool FrameReader::capture_state(const PythonThread& thread, PythonReading reading, PythonCapture& out) {
  ThreadHead head;
  InterpreterWords words;
  if (reading == PythonReading::running) {
    const RunningWalk::Result result = running_.walk(thread, chain_);
    if (result.other_thread) return false;
    head = result.head;
    words = result.words;
    out.outcome = result.outcome;
    if (result.outcome == PythonOutcome::full || result.outcome == PythonOutcome::partial) {
      CopyMemory copy = running_.copy(result);
      append_frames(copy, head, result.first, out);
      running_.remember(copy);
    }
  } else {
    if (!read_stopped(thread, head, words)) return false;
    out.outcome = outcome_of(chain_.end);
    if (lacks_leaf_ && out.outcome == PythonOutcome::full) out.outcome = PythonOutcome::partial;
    if (out.outcome == PythonOutcome::full || out.outcome == PythonOutcome::partial) {
      append_frames(pages_, head, 0, out);
    }
  }
  // Only frames of the evaluator, or the sentinel that 3.15 has instead of none.
  if (out.outcome == PythonOutcome::full && out.frames.empty()) out.outcome = PythonOutcome::none;
  out.interpreter = thread.interpreter;
  words.apply(runtime_.layout.walk, thread, head, out);
  return true;
}

/// Fills chain_; false where the state is another thread's.
bool FrameReader::read_stopped(const PythonThread& thread, ThreadHead& head, InterpreterWords& words) {
  const PythonWalkLayout& layout = runtime_.layout.walk;
  std::array<std::byte, kMaxThreadBytes> buffer{};
  const auto bytes = std::span(buffer).first(std::min<size_t>(layout.thread_size, buffer.size()));
  pages_.clear();
  chain_.count = 0;
  chain_.end = ChainEnd::unreadable;
  std::vector<MemoryPiece> pieces{{thread.state, bytes}};
  words.add_pieces(layout, thread, pieces);
  if (memory_->read_many(pieces) != pieces.size()) return false;
  head = decode_thread(layout, thread.state, bytes);
  if (!is_state_of(layout, thread, head)) return false;
  pages_.preload(head.chunk, head.top);
  WalkStart start;
  const StoppedRegisters stopped{.registers = registers_, .code_type = runtime_.code_type};
  if (!walk_thread(pages_, layout, head, chain_, start, stopped)) chain_.end = ChainEnd::unreadable;
  lacks_leaf_ = start.lacks_leaf;
  return true;
}

void FrameReader::append_frames(MemoryReader& memory, const ThreadHead& head, size_t first,
                                PythonCapture& out) {
  out.frames.resize(chain_.count);
  const size_t count =
      make_raw_frames(memory, runtime_.layout.walk, head, chain_.frames(), first, out.frames);
  out.frames.resize(count);
  addresses_.clear();
  for (const ChainFrame& frame : chain_.frames().subspan(first)) {
    if (is_python_frame(runtime_.layout.walk, frame)) addresses_.push_back(frame.address);
  }
  read_identities(out.frames);
}

/// In one call, for what the frames run may be gone when they are named. Those that cannot be read have none.
void FrameReader::read_identities(std::span<RawPythonFrame> frames) {
  const PythonWalkLayout& layout = runtime_.layout.walk;
  const PythonOffset begin = std::min(layout.code_first_line, layout.code_line_table);
  const size_t size =
      static_cast<size_t>(std::max(layout.code_first_line, layout.code_line_table) - begin) + 8;
  if (begin < 0 || size > sizeof(CodePart::bytes)) return;
  code_parts_.clear();
  for (const RawPythonFrame& frame : frames) code_parts_.push_back({.code = frame.code});
  std::ranges::sort(code_parts_, {}, &CodePart::code);
  const auto is_same = [](const CodePart& a, const CodePart& b) { return a.code == b.code; };
  code_parts_.erase(std::unique(code_parts_.begin(), code_parts_.end(), is_same), code_parts_.end());
  pieces_.clear();
  for (CodePart& part : code_parts_) {
    pieces_.push_back({part.code + static_cast<uint64_t>(begin), std::span(part.bytes).first(size)});
  }
  for (size_t i = 0; i < code_parts_.size(); ++i) {  // over the ones that fail
    const size_t filled = memory_->read_many(std::span(pieces_).subspan(i));
    for (const size_t end = i + filled; i < end; ++i) {
      const Bytes bytes = code_parts_[i].bytes;
      code_parts_[i].identity = code_identity(value_at<uint64_t>(bytes, layout.code_line_table - begin),
                                              value_at<uint32_t>(bytes, layout.code_first_line - begin));
    }
  }
  for (RawPythonFrame& frame : frames) {
    frame.identity = std::ranges::lower_bound(code_parts_, frame.code, {}, &CodePart::code)->identity;
  }
}

}  // namespace strobe::python
