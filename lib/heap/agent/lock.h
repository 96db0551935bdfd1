// A lock for the rare parts of the agent. Its holder is known, so that a signal handler that interrupted the
// holder sees that it cannot have it, instead of waiting for itself. Nobody waits for ever: after a fork the
// holder can be a thread that is gone.
#pragma once

#include <atomic>
#include <cstdint>

#include "heap/agent/system.h"

namespace strobe::heap::agent {

class Lock {
 public:
  explicit Lock(std::atomic<uint32_t>& word) : word_(&word) {
    const auto self = static_cast<uint32_t>(system_call(SYS_gettid));
    for (int looks = 0; looks < kMaxLooks; ++looks) {
      uint32_t holder = 0;
      if (word.compare_exchange_weak(holder, self, std::memory_order_acquire)) return;
      if (holder == self) break;
      if (holder != 0) system_call(SYS_sched_yield);
    }
    word_ = nullptr;
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (word_ != nullptr) word_->store(0, std::memory_order_release);
  }

  /// Not where this thread has it already, further out on its stack, and not where nobody gives it back.
  [[nodiscard]] bool held() const { return word_ != nullptr; }

 private:
  static constexpr int kMaxLooks = 100'000;  // much longer than anybody has it
  std::atomic<uint32_t>* word_;
};

}  // namespace strobe::heap::agent
