#include "heap/stack_book.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace strobe::heap {
namespace {

uint64_t whole(double value) { return value <= 0 ? 0 : static_cast<uint64_t>(std::llround(value)); }

}  // namespace

MemoryAmount rounded(const Amount& amount) {
  return {
      .bytes = whole(amount.bytes), .count = whole(amount.count), .variance = std::max(amount.variance, 0.0)};
}

/// `peak` is brought up to date only when `live` changes for the first time after a peak: it is what was live
/// then.
void StackBook::settle(StackHeap& heap) const {
  if (heap.changed_at <= total_->peak_at) heap.peak = heap.live;
}

StackHeap& StackBook::touch(uint32_t stack) {
  if (stack >= stacks_.size()) stacks_.resize(std::max<size_t>(stack + 1, stacks_.size() * 2));
  StackHeap& heap = stacks_[stack];
  settle(heap);
  heap.changed_at = ++total_->changes;
  if (!heap.listed) {
    heap.listed = true;
    changed_.push_back(stack);
  }
  return heap;
}

void StackBook::add(uint32_t stack, const Amount& worth, uint64_t time_ns) {
  StackHeap& heap = touch(stack);
  heap.allocated.add(worth);
  heap.live.add(worth);
  total_->live_bytes += worth.bytes;
  if (total_->live_bytes <= total_->peak_bytes) return;
  total_->peak_bytes = total_->live_bytes;
  total_->peak_ns = time_ns;
  total_->peak_at = total_->changes;
}

void StackBook::take(uint32_t stack, const Amount& worth, bool temporary) {
  StackHeap& heap = touch(stack);
  heap.live.take(worth);
  if (temporary) heap.temporary.add(worth);
  total_->live_bytes -= worth.bytes;
}

void StackBook::take_back(uint32_t stack, const Amount& worth, bool temporary) {
  StackHeap& heap = touch(stack);
  heap.live.add(worth);
  if (temporary) heap.temporary.take(worth);
  total_->live_bytes += worth.bytes;
}

std::vector<uint32_t> StackBook::take_changed() {
  for (const uint32_t stack : changed_) stacks_[stack].listed = false;
  return std::exchange(changed_, {});
}

std::vector<uint32_t> StackBook::take_all() {
  static_cast<void>(take_changed());
  std::vector<uint32_t> all;
  for (uint32_t stack = 0; stack < stacks_.size(); ++stack) {
    if (stacks_[stack].changed_at != 0) all.push_back(stack);
  }
  return all;
}

const StackHeap& StackBook::settled(uint32_t stack) {
  StackHeap& heap = stacks_[stack];
  settle(heap);
  return heap;
}

}  // namespace strobe::heap
