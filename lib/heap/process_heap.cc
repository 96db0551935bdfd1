#include "heap/process_heap.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace strobe::heap {
namespace {

size_t class_of(uint64_t size) {
  return std::min<size_t>(static_cast<size_t>(std::bit_width(size)), kMemorySizeClasses - 1);
}

}  // namespace

ProcessHeap::ProcessHeap(Mode mode, uint64_t interval_bytes)
    : mode_(mode), interval_bytes_(static_cast<double>(interval_bytes)) {}

/// The chance that a block of s bytes was seen is 1 - exp(-s / interval).
Amount ProcessHeap::worth_of(uint64_t size) const {
  const auto bytes = static_cast<double>(size);
  if (mode_ == Mode::all || size == 0) return {.bytes = bytes, .count = 1};
  const double chance = -std::expm1(-bytes / interval_bytes_);
  const double estimate = bytes / chance;
  return {.bytes = estimate, .count = 1 / chance, .variance = estimate * estimate * (1 - chance)};
}

void ProcessHeap::take(const Event& event, uint64_t time_ns) {
  ++events_;
  if (event.address == 0) return;
  switch (event.kind) {
    case EventKind::allocate:
    case EventKind::realloc_to:
    case EventKind::allocate_python:
    case EventKind::realloc_to_python:
      threads_[event.thread].realloc_address = 0;
      allocate(event, time_ns);
      break;
    case EventKind::release:
    case EventKind::realloc_from:
      remove(event);
      break;
    case EventKind::realloc_failed:
      take_back(event);
      break;
    case EventKind::map:
      map(event, time_ns);
      break;
    case EventKind::unmap:
      unmap(event);
      break;
    case EventKind::none:
      break;
  }
}

void ProcessHeap::allocate(const Event& event, uint64_t time_ns) {
  const Block block{
      .size = event.size,
      .stack = event.stack,
      .python = event.kind == EventKind::allocate_python || event.kind == EventKind::realloc_to_python};
  const auto before = blocks_.insert(event.address, block);
  if (before) book_of(*before).take(before->stack, worth_of(before->size), false);  // its release was lost
  const Amount worth = worth_of(event.size);
  book_of(block).add(event.stack, worth, time_ns);
  sizes_[class_of(event.size)].add(worth);
  if (event.thread != 0) threads_[event.thread].last_address = event.address;
}

void ProcessHeap::remove(const Event& event) {
  ThreadPlace& thread = threads_[event.thread];
  Block block;
  if (const auto removal = blocks_.remove(event.address, block); removal != LiveBlocks::Removal::done) {
    if (removal == LiveBlocks::Removal::gone_before) ++invalid_frees_;
    return;
  }
  // Where only samples are told, the agent says it: it knows of the allocations between.
  const bool temporary =
      mode_ == Mode::all ? thread.last_address == event.address && event.thread != 0 : event.size != 0;
  book_of(block).take(block.stack, worth_of(block.size), temporary);
  if (thread.last_address == event.address) thread.last_address = 0;
  if (event.kind != EventKind::realloc_from || event.thread == 0) return;
  thread.realloc_address = event.address;
  thread.realloc_block = block;
  thread.realloc_temporary = temporary;
}

/// A realloc that failed: the block is still there.
void ProcessHeap::take_back(const Event& event) {
  ThreadPlace& thread = threads_[event.thread];
  if (thread.realloc_address != event.address) return;
  const Block block = thread.realloc_block;
  thread.realloc_address = 0;
  blocks_.insert(event.address, block);
  book_of(block).take_back(block.stack, worth_of(block.size), thread.realloc_temporary);
  if (thread.realloc_temporary) thread.last_address = event.address;
}

/// A mapping counts as gone with its last part, its bytes with theirs.
void ProcessHeap::unmap(const Event& event) {
  for (const LiveRegions::Part& part : regions_.remove(event.address, event.size)) {
    mapped_.take(part.stack, {.bytes = static_cast<double>(part.bytes), .count = part.last ? 1.0 : 0.0},
                 false);
  }
}

void ProcessHeap::map(const Event& event, uint64_t time_ns) {
  unmap(event);  // what it covers is gone
  regions_.insert(event.address, event.size, event.stack);
  const uint64_t bytes = (event.size + 4095) / 4096 * 4096;
  mapped_.add(event.stack, {.bytes = static_cast<double>(bytes), .count = 1}, time_ns);
}

}  // namespace strobe::heap
