// The growing tables of a recording: strings, frames, stacks. Each keeps all its rows for interning and
// hands out those that are new since the last delta. Used by the sampling thread only.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/recording.h"
#include "record/flat_index.h"

namespace strobe::record {

class StringTable {
 public:
  StringId intern(std::string_view text);
  /// Moves the strings added since the last call to the delta.
  void take_new(RecordingDelta& delta);

 private:
  std::unordered_map<std::string, StringId> ids_;
  std::vector<std::string> new_;
};

class FrameTable {
 public:
  FrameId intern(FrameKind kind, ModuleId module, uint64_t address);
  void take_new(RecordingDelta& delta);
  [[nodiscard]] const FrameRow& row(FrameId id) const { return rows_[id.index()]; }

 private:
  [[nodiscard]] static uint64_t hash_of(const FrameRow& row);
  FlatIndex index_;
  std::vector<FrameRow> rows_;
  size_t taken_ = 0;
};

/// A node that was new together with its caller has the next number: what is new of a stack is a run of rows.
/// Only other nodes are in the index, so that going down a stack mostly reads memory in order.
class StackTable {
 public:
  /// The node for `frame` called from `parent` (none: a root).
  StackId intern(StackId parent, FrameId frame);
  void take_new(RecordingDelta& delta);

 private:
  StackId append(StackId parent, FrameId frame);

  FlatIndex index_;  // of the nodes that are not their parent's number + 1
  std::vector<StackRow> rows_;
  size_t taken_ = 0;
};

}  // namespace strobe::record
