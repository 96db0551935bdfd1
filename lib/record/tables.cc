#include "record/tables.h"

#include <utility>

namespace strobe::record {

StringId StringTable::intern(std::string_view text) {
  const auto [place, added] =
      ids_.try_emplace(std::string(text), StringId{static_cast<uint32_t>(ids_.size())});
  if (added) new_.emplace_back(text);
  return place->second;
}

void StringTable::take_new(RecordingDelta& delta) {
  delta.first_string = static_cast<uint32_t>(ids_.size() - new_.size());
  delta.strings = std::exchange(new_, {});
}

uint64_t FunctionTable::hash_of(const FunctionRow& row) {
  return mix_hash(uint64_t{row.name.value} << 32 | row.file.value,
                  uint64_t{row.module.value} << 32 | row.line);
}

FunctionId FunctionTable::intern(const FunctionRow& row) {
  return FunctionId{index_.find_or_add(
      hash_of(row),
      [&](uint32_t number) {
        const FunctionRow& other = rows_[number];
        return other.name == row.name && other.file == row.file && other.module == row.module &&
               other.line == row.line;
      },
      [&] {
        rows_.push_back(row);
        return static_cast<uint32_t>(rows_.size() - 1);
      },
      [&](uint32_t number) { return hash_of(rows_[number]); })};
}

void FunctionTable::take_new(RecordingDelta& delta) {
  delta.first_function = static_cast<uint32_t>(taken_);
  delta.functions.assign(rows_.begin() + static_cast<ptrdiff_t>(taken_), rows_.end());
  taken_ = rows_.size();
}

uint64_t FrameTable::hash_of(const FrameRow& row) {
  return mix_hash(row.address ^ uint64_t{row.function.value} << 32 ^ row.line,
                  uint64_t{row.module.value} << 8 | static_cast<uint64_t>(row.kind));
}

FrameId FrameTable::intern(const FrameRow& row) {
  return FrameId{index_.find_or_add(
      hash_of(row),
      [&](uint32_t number) {
        const FrameRow& other = rows_[number];
        return other.address == row.address && other.module == row.module && other.kind == row.kind &&
               other.function == row.function && other.line == row.line;
      },
      [&] {
        rows_.push_back(row);
        return static_cast<uint32_t>(rows_.size() - 1);
      },
      [&](uint32_t number) { return hash_of(rows_[number]); })};
}

FrameId FrameTable::intern(FrameKind kind, ModuleId module, uint64_t address) {
  return intern(FrameRow{.kind = kind, .module = module, .address = address});
}

FrameId FrameTable::intern_python(FunctionId function, const FunctionRow& row, uint32_t line) {
  return intern(FrameRow{
      .kind = FrameKind::python, .module = row.module, .function = function, .line = line, .file = row.file});
}

void FrameTable::take_new(RecordingDelta& delta) {
  delta.first_frame = static_cast<uint32_t>(taken_);
  delta.frames.assign(rows_.begin() + static_cast<ptrdiff_t>(taken_), rows_.end());
  taken_ = rows_.size();
}

StackId StackTable::append(StackId parent, FrameId frame) {
  nodes_.push_back({parent, frame, {}, {}});
  return StackId{static_cast<uint32_t>(nodes_.size() - 1)};
}

StackId StackTable::intern(StackId parent, FrameId frame) {
  if (parent.is_none()) return intern_in_index(parent, frame);
  StackId last;
  StackId callee = nodes_[parent.index()].first_callee;
  for (int listed = 0; listed < kMaxListed; ++listed) {
    if (callee.is_none()) {
      callee = append(parent, frame);
      (last.is_none() ? nodes_[parent.index()].first_callee : nodes_[last.index()].next) = callee;
      return callee;
    }
    const Node& node = nodes_[callee.index()];
    if (node.frame == frame) return callee;
    last = callee;
    callee = node.next;
  }
  return intern_in_index(parent, frame);
}

StackId StackTable::intern_in_index(StackId parent, FrameId frame) {
  return StackId{index_.find_or_add(
      mix_hash(parent.value, frame.value),
      [&](uint32_t number) { return nodes_[number].parent == parent && nodes_[number].frame == frame; },
      [&] { return append(parent, frame).value; },
      [&](uint32_t number) { return mix_hash(nodes_[number].parent.value, nodes_[number].frame.value); })};
}

void StackTable::take_new(RecordingDelta& delta) {
  delta.first_stack = base_ + static_cast<uint32_t>(taken_);
  delta.stacks.reserve(nodes_.size() - taken_);
  for (; taken_ < nodes_.size(); ++taken_) {
    delta.stacks.push_back({recorded(nodes_[taken_].parent), nodes_[taken_].frame});
  }
}

void StackTable::forget_all() {
  base_ = next_id();
  index_ = {};
  nodes_ = {};
  taken_ = 0;
}

}  // namespace strobe::record
