#include "heap/agent/own_stack.h"

#include <cstring>

#include "heap/agent/system.h"

/// Where the kernel put the main thread's first words, as glibc's loader tells.
extern "C" void* __libc_stack_end;

namespace strobe::heap::agent {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMaxPages = 16'384;  // looked at in one go

uint64_t page_of(uint64_t address) { return address & ~(kPage - 1); }

bool are_readable(uint64_t from, uint64_t to) {
  if (to > from && (to - from) / kPage > kMaxPages) return false;
  for (uint64_t page = page_of(from); page < to; page += kPage) {
    if (!is_readable(page)) return false;
  }
  return true;
}

/// Behind the frames of a thread's own stack: the thread's descriptor, which glibc puts there; of the main
/// thread, its arguments.
uint64_t end_of_stack(uint64_t sp) {
  const auto descriptor = reinterpret_cast<uint64_t>(__builtin_thread_pointer());
  return sp < descriptor ? descriptor : page_of(reinterpret_cast<uint64_t>(__libc_stack_end)) + kPage;
}

}  // namespace

OwnStack::OwnStack(Thread& thread, uint64_t sp) : low_(sp), is_thread_stack_(find_bounds(thread, sp)) {
  high_ = is_thread_stack_ ? thread.stack_high : page_of(sp) + kPage;
}

bool OwnStack::find_bounds(Thread& thread, uint64_t sp) {
  if (thread.stack_low <= sp && sp < thread.stack_high) [[likely]]
    return true;
  uint64_t high = thread.stack_high;
  const bool goes_on = sp < thread.stack_low && high != 0;
  if (!goes_on) high = end_of_stack(sp);
  if (sp >= high || !are_readable(sp, goes_on ? thread.stack_low : high)) return false;
  thread.stack_low = page_of(sp);
  thread.stack_high = high;
  return true;
}

bool OwnStack::reach(uint64_t address) {
  if (is_thread_stack_ || address - high_ > kPage * kMaxPages) return false;
  while (high_ <= address) {
    if (!is_readable(high_)) return false;
    high_ += kPage;
  }
  return true;
}

bool OwnStack::read_memory(uint64_t address, std::span<std::byte> out) {
  if (out.empty() || address < low_) return false;
  const uint64_t last = address + out.size() - 1;
  if (last < address || (last >= high_ && !reach(last))) return false;
  std::memcpy(out.data(), reinterpret_cast<const void*>(address), out.size());
  return true;
}

}  // namespace strobe::heap::agent
