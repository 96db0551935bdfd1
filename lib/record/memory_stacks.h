// From the tree of call stacks that an agent built in one process to stacks of the recording. Python frames
// are in the tree where they belong; what is left is to name them, and to show the interpreter's own frames
// as its own, as is done with samples (python_frames.h). Sampling thread only.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "heap/wire/ring.h"
#include "model/address.h"
#include "record/python_frames.h"
#include "record/python_targets.h"
#include "record/target_tracker.h"

namespace strobe::record {

/// Whoever has the tables of frames and stacks.
class AddressNamer {
 public:
  virtual FrameId name_address(const ProcessState& process, const UnwoundFrame& frame) = 0;
  /// The node in the recording for `frame` called from `parent`.
  virtual StackId intern_frame_below(StackId parent, FrameId frame) = 0;

 protected:
  ~AddressNamer() = default;
};

/// Borrowed for one call.
struct StackTools {
  const ProcessState* process = nullptr;
  PythonProcess* python = nullptr;  ///< null where the process runs none, or is gone
  PythonFrames* python_frames = nullptr;
  AddressNamer* namer = nullptr;
};

class MemoryStacks {
 public:
  /// Nodes whose stacks are known: all below this.
  [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(nodes_.size()); }
  [[nodiscard]] StackId stack(uint32_t node) const { return nodes_[node].stack; }

  /// The next node of the tree. Its caller comes before it.
  void add(const heap::Node& node, const StackTools& tools);
  /// A node that may come later is a Python frame: its name, while its code object is there.
  void name_python(uint32_t id, const heap::Node& node, const StackTools& tools);

 private:
  struct Known {
    StackId stack;
    FrameId frame;  ///< of native code
    uint32_t parent = 0;
    bool below_python = false;  ///< or Python itself
  };
  [[nodiscard]] static FrameId name(const heap::Node& node, const StackTools& tools);
  [[nodiscard]] StackId start_of_python(uint32_t id, const StackTools& tools);

  std::vector<Known> nodes_;
  std::unordered_map<uint32_t, FrameId> python_;         // named before their turn
  std::unordered_map<uint32_t, StackId> python_starts_;  // by node: its stack as it is shown below Python
};

}  // namespace strobe::record
