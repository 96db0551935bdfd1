// The stack that the calling thread is on, as far as it can be read without a fault. One walk each.
#pragma once

#include <cstdint>

#include "base/memory_reader.h"
#include "heap/agent/thread.h"

namespace strobe::heap::agent {

class OwnStack final : public MemoryReader {
 public:
  /// `sp`: of the innermost frame of interest; nothing below it is read.
  OwnStack(Thread& thread, uint64_t sp);

  /// Whether the stack is the thread's own: what was known of it stays true. A coroutine's, or that of a
  /// signal handler, may be elsewhere the next time.
  [[nodiscard]] bool is_thread_stack() const { return is_thread_stack_; }
  /// Whether the word at `address` is part of the stack and can be read.
  [[nodiscard]] bool covers(uint64_t address) {
    return address >= low_ && address % 8 == 0 && (address < high_ || reach(address));
  }
  [[nodiscard]] static uint64_t word_at(uint64_t address) {
    return *reinterpret_cast<const volatile uint64_t*>(address);
  }
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

 private:
  [[nodiscard]] bool reach(uint64_t address);
  [[nodiscard]] static bool find_bounds(Thread& thread, uint64_t sp);

  uint64_t low_;
  uint64_t high_;
  bool is_thread_stack_;
};

}  // namespace strobe::heap::agent
