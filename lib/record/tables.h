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

/// Of Python; native functions are named when the recording is complete.
class FunctionTable {
 public:
  FunctionId intern(const FunctionRow& row);
  void take_new(RecordingDelta& delta);
  [[nodiscard]] const FunctionRow& row(FunctionId id) const { return rows_[id.index()]; }

 private:
  [[nodiscard]] static uint64_t hash_of(const FunctionRow& row);
  FlatIndex index_;
  std::vector<FunctionRow> rows_;
  size_t taken_ = 0;
};

class FrameTable {
 public:
  FrameId intern(FrameKind kind, ModuleId module, uint64_t address);
  /// A place of a Python function; line 0 where it has none.
  FrameId intern_python(FunctionId function, const FunctionRow& row, uint32_t line);
  void take_new(RecordingDelta& delta);
  [[nodiscard]] const FrameRow& row(FrameId id) const { return rows_[id.index()]; }

 private:
  FrameId intern(const FrameRow& row);
  [[nodiscard]] static uint64_t hash_of(const FrameRow& row);
  FlatIndex index_;
  std::vector<FrameRow> rows_;
  size_t taken_ = 0;
};

/// The first few callees of a node are a list, which is mostly shorter to walk than to hash: what is new of a
/// stack lies in a row, so that going down a known stack mostly reads memory in order. Further callees, and
/// the roots, are in the index.
class StackTable {
 public:
  /// The node for `frame` called from `parent` (none: a root), valid until forget_all().
  StackId intern(StackId parent, FrameId frame);
  void take_new(RecordingDelta& delta);
  /// The id of a node in the recording, where those of earlier segments come before it.
  [[nodiscard]] StackId recorded(StackId node) const {
    return node.is_none() ? node : StackId{node.value + base_};
  }
  /// Begins anew, after all was taken: the stacks so far can be dropped from the recording without those to
  /// come.
  void forget_all();
  [[nodiscard]] uint32_t next_id() const { return base_ + static_cast<uint32_t>(nodes_.size()); }
  [[nodiscard]] size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    StackId parent;
    FrameId frame;
    StackId first_callee;
    StackId next;  ///< callee of the same parent
  };
  static constexpr int kMaxListed = 4;

  StackId append(StackId parent, FrameId frame);
  StackId intern_in_index(StackId parent, FrameId frame);

  FlatIndex index_;
  std::vector<Node> nodes_;
  size_t taken_ = 0;
  uint32_t base_ = 0;  // stacks before these
};

}  // namespace strobe::record
