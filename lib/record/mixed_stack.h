// Puts a thread's native frames and its Python frames into one order. Python code runs in calls of the
// interpreter's evaluator; each such call has an object on its own stack frame, whose address came with the
// oldest Python frame of the call (RawPythonFrame::anchor). So the native frame whose part of the stack
// contains the anchor is the call that runs those Python frames. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/python_walk.h"

namespace strobe::record {

/// One frame of the merged stack: an index into the native or the Python frames.
struct MixedFrame {
  bool python = false;
  uint32_t index = 0;
  friend bool operator==(const MixedFrame&, const MixedFrame&) = default;
};

struct NativeStack {
  /// Of each native frame, innermost first; fewer than `count` where the outermost ones have none.
  std::span<const uint64_t> stack_pointers;
  size_t count = 0;
  bool reaches_start = false;  ///< no frame is missing at the outer end
  /// By frame: 1 for the evaluator, for boundaries without an address (Python 3.9, and stacks that were cut).
  std::span<const uint8_t> evaluators;
};

struct MixedStack {
  std::vector<MixedFrame> frames;  ///< innermost first; a call of the evaluator is outside of what it runs
  uint32_t left_out = 0;           ///< frames of the kind that was not trusted, as they fit the other nowhere
};

/// Which of the two is right where they differ: both are of one moment, or Python's was read a little later
/// and is the sample then, so that what native frames ran before is no part of it.
enum class Trusted : uint8_t { native, python };

/// `python` innermost first. Frames of calls that lie beyond the end of an incomplete native stack are put
/// at the outer end.
void merge_frames(const NativeStack& native, std::span<const RawPythonFrame> python, Trusted trusted,
                  MixedStack& out);

}  // namespace strobe::record
