#include "record/mixed_stack.h"

#include <algorithm>

namespace strobe::record {
namespace {

constexpr PythonWord kBoundaryOnly = 1;

/// The Python frames of one call of the evaluator.
struct Run {
  uint32_t begin = 0;
  uint32_t end = 0;  ///< exclusive
  PythonWord anchor = 0;
};

Run next_run(std::span<const RawPythonFrame> python, uint32_t begin) {
  Run run{.begin = begin, .end = begin};
  while (run.end < python.size() && run.anchor == 0) run.anchor = python[run.end++].anchor;
  return run;
}

bool contains(const NativeStack& native, size_t frame, PythonWord anchor) {
  if (anchor <= kBoundaryOnly) return frame < native.evaluators.size() && native.evaluators[frame] != 0;
  if (frame >= native.stack_pointers.size() || anchor < native.stack_pointers[frame]) return false;
  return frame + 1 < native.stack_pointers.size() && anchor < native.stack_pointers[frame + 1];
}

/// The native frame, from `from` on, that runs these frames; `count` for none.
size_t find_frame(const NativeStack& native, size_t from, PythonWord anchor) {
  size_t frame = from;
  while (frame < native.count && !contains(native, frame, anchor)) ++frame;
  return frame;
}

/// Whether the call lies outside of all native frames that are known.
bool is_beyond(const NativeStack& native, PythonWord anchor) {
  if (native.reaches_start) return false;
  if (anchor <= kBoundaryOnly || native.stack_pointers.empty()) return true;
  return anchor >= native.stack_pointers.back();
}

/// The first native frame, from `from` on, that runs one of the Python frames from `begin` on; `count` for
/// none.
size_t next_known(const NativeStack& native, std::span<const RawPythonFrame> python, size_t from,
                  uint32_t begin) {
  while (begin < python.size()) {
    const Run run = next_run(python, begin);
    const size_t frame = find_frame(native, from, run.anchor);
    if (frame < native.count) return frame;
    begin = run.end;
  }
  return native.count;
}

void append(const Run& run, MixedStack& out) {
  for (uint32_t i = run.begin; i < run.end; ++i) out.frames.push_back({.python = true, .index = i});
}

}  // namespace

void merge_frames(const NativeStack& native, std::span<const RawPythonFrame> python, Trusted trusted,
                  MixedStack& out) {
  out.frames.clear();
  out.left_out = 0;
  size_t next_native = 0;
  const auto append_native = [&](size_t end) {
    for (; next_native < end; ++next_native) {
      out.frames.push_back({.python = false, .index = static_cast<uint32_t>(next_native)});
    }
  };
  for (uint32_t begin = 0; begin < python.size();) {
    const Run run = next_run(python, begin);
    begin = run.end;
    const size_t frame = find_frame(native, next_native, run.anchor);
    if (frame < native.count) {
      append_native(frame);
      append(run, out);
      // The call is outside of its frames; where boundaries have no address it is used up with them.
      append_native(frame + 1);
    } else if (is_beyond(native, run.anchor)) {
      append_native(native.count);
      append(run, out);
    } else if (trusted == Trusted::native) {
      out.left_out += run.end - run.begin;
    } else {
      // All native frames up to the next call that both know are of before.
      const size_t known = next_known(native, python, next_native, begin);
      out.left_out += static_cast<uint32_t>(known - next_native);
      next_native = known;
      append(run, out);
    }
  }
  append_native(native.count);
}

}  // namespace strobe::record
