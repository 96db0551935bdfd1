#include "heap/agent/blocks.h"

#include "heap/agent/sampling.h"
#include "heap/agent/system.h"

namespace strobe::heap::agent {
namespace {

constexpr uint64_t kNever = UINT64_MAX / 2;

uint64_t make_seed() {
  // Of no cryptographic worth: threads and processes must differ.
  const uint64_t seed = clock_ns() * 0x9E3779B97F4A7C15ull ^ reinterpret_cast<uint64_t>(&countdown) ^
                        static_cast<uint64_t>(system_call(SYS_gettid)) << 32;
  return seed == 0 ? 1 : seed;
}

/// Whether the allocation that did not pass is to be told. Sets the countdown.
bool is_wanted(size_t size, Process* process) {
  if (process == nullptr) {
    const bool decided = settings.known && settings.mode.load(std::memory_order_acquire) == Mode::off;
    if (decided) countdown.bytes = kNever;
    return false;
  }
  if (settings.interval_bytes == 0) return true;
  if (countdown.random == 0) {
    countdown.random = make_seed();
    countdown.bytes = draw_distance(countdown.random, settings.interval_bytes);
    if (passes(size)) return false;
  }
  countdown.bytes = draw_distance(countdown.random, settings.interval_bytes);
  return true;
}

/// In mode `sampled`: 1 where this thread allocated nothing else since it did this block.
size_t is_temporary(const void* block) {
  return countdown.last_block == block && countdown.last_bytes == countdown.bytes ? 1 : 0;
}

}  // namespace

void allocated(const void* block, size_t size, const CallSite& site, Giver giver) {
  if (countdown.inside != 0) {
    countdown.inner_block = block;
    return;
  }
  Process* process = Process::get_or_open();
  if (!is_wanted(size, process)) return;
  const uint32_t stack = process->find_stack(site);
  if (settings.interval_bytes != 0 && !process->sampled().add(block)) {
    process->count_lost();
    return;
  }
  process->tell(giver == Giver::python ? EventKind::allocate_python : EventKind::allocate, block, size,
                stack);
  countdown.last_block = block;
  countdown.last_bytes = countdown.bytes;
}

void releasing(const void* block) {
  if (block == nullptr || countdown.inside != 0) return;
  Process* process = Process::get_if_open();
  if (process == nullptr) return;
  if (settings.interval_bytes != 0 && !process->sampled().remove(block)) return;
  process->tell(EventKind::release, block, is_temporary(block), StackNodes::kNone);
}

void mapped(const void* place, size_t size, const CallSite& site) {
  if (countdown.inside_python != 0) return;  // its blocks are told, one by one
  Process* process = Process::get_or_open();
  if (process != nullptr) process->tell(EventKind::map, place, size, process->find_stack(site));
}

void unmapping(const void* place, size_t size) {
  Process* process = Process::get_if_open();
  if (process != nullptr) process->tell(EventKind::unmap, place, size, StackNodes::kNone);
}

Reallocation::Reallocation(const void* block) : block_(block) {
  if (block == nullptr || countdown.inside != 0 || !release_filter.may_matter(block)) return;
  process_ = Process::get_if_open();
  if (process_ == nullptr) return;
  if (settings.interval_bytes == 0) {
    process_->tell(EventKind::realloc_from, block, 0, StackNodes::kNone);
  } else if (process_->sampled().remove(block)) {
    process_->tell(EventKind::realloc_from, block, is_temporary(block), StackNodes::kNone);
  } else {
    process_ = nullptr;
  }
}

void Reallocation::done(const void* result, size_t size, bool passed, const CallSite& site, Giver giver) {
  const bool freed = size == 0 && result == nullptr;  // as glibc has it
  if (settings.interval_bytes == 0 && process_ != nullptr) {
    if (result != nullptr) {
      process_->tell(giver == Giver::python ? EventKind::realloc_to_python : EventKind::realloc_to, result,
                     size, process_->find_stack(site));
    } else if (!freed) {
      process_->tell(EventKind::realloc_failed, block_, 0, StackNodes::kNone);
    }
    return;
  }
  if (result != nullptr && !passed) allocated(result, size, site, giver);
  if (result != nullptr || freed || process_ == nullptr) return;
  if (process_->sampled().add(block_)) {
    process_->tell(EventKind::realloc_failed, block_, 0, StackNodes::kNone);
  } else {
    process_->count_lost();
  }
}

}  // namespace strobe::heap::agent
