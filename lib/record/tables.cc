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

uint64_t FrameTable::hash_of(const FrameRow& row) {
  return mix_hash(row.address, uint64_t{row.module.value} << 8 | static_cast<uint64_t>(row.kind));
}

FrameId FrameTable::intern(FrameKind kind, ModuleId module, uint64_t address) {
  FrameRow row;
  row.kind = kind;
  row.module = module;
  row.address = address;
  return FrameId{index_.find_or_add(
      hash_of(row),
      [&](uint32_t number) {
        const FrameRow& other = rows_[number];
        return other.address == address && other.module == module && other.kind == kind;
      },
      [&] {
        rows_.push_back(row);
        return static_cast<uint32_t>(rows_.size() - 1);
      },
      [&](uint32_t number) { return hash_of(rows_[number]); })};
}

void FrameTable::take_new(RecordingDelta& delta) {
  delta.first_frame = static_cast<uint32_t>(taken_);
  delta.frames.assign(rows_.begin() + static_cast<ptrdiff_t>(taken_), rows_.end());
  taken_ = rows_.size();
}

StackId StackTable::append(StackId parent, FrameId frame) {
  rows_.push_back({parent, frame});
  return StackId{static_cast<uint32_t>(rows_.size() - 1)};
}

StackId StackTable::intern(StackId parent, FrameId frame) {
  if (!parent.is_none()) {
    const size_t next = parent.index() + 1;
    if (next == rows_.size()) return append(parent, frame);  // the newest node: it has no callees yet
    if (rows_[next].parent == parent && rows_[next].frame == frame) return StackId{parent.value + 1};
  }
  return StackId{index_.find_or_add(
      mix_hash(parent.value, frame.value),
      [&](uint32_t number) { return rows_[number].parent == parent && rows_[number].frame == frame; },
      [&] { return append(parent, frame).value; },
      [&](uint32_t number) { return mix_hash(rows_[number].parent.value, rows_[number].frame.value); })};
}

void StackTable::take_new(RecordingDelta& delta) {
  delta.first_stack = static_cast<uint32_t>(taken_);
  delta.stacks.assign(rows_.begin() + static_cast<ptrdiff_t>(taken_), rows_.end());
  taken_ = rows_.size();
}

}  // namespace strobe::record
