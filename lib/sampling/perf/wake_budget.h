// Whether wake-ups are recorded: their event is of whole CPUs, as the kernel reports those of an inherited
// event only where the waker has it too, and costs every program on the machine some 0.5 us a wake-up. So
// only up to 14,000 a second, of the machine and of the target's switches; above that it pauses for a while.
// Pure.
#pragma once

#include <cstdint>

namespace strobe::sampling {

class WakeBudget {
 public:
  static constexpr uint64_t kMaxPerSecond = 14'000;
  static constexpr uint64_t kIntervalNs = 100'000'000;
  static constexpr uint64_t kFirstPauseNs = 1'000'000'000;
  static constexpr uint64_t kLongestPauseNs = 64 * kFirstPauseNs;

  /// So many wake-ups of the machine were recorded in all, and so many switches of the target happened. True
  /// where on() has changed.
  bool observe(uint64_t now_ns, uint64_t wakes, uint64_t switches);
  [[nodiscard]] bool on() const { return on_; }

 private:
  bool on_ = true;
  uint64_t since_ns_ = 0;  // of the interval that runs; 0: none
  uint64_t wakes_ = 0;     // then
  uint64_t switches_ = 0;  // then
  uint64_t changed_ns_ = 0;
  uint64_t pause_ns_ = kFirstPauseNs;
};

}  // namespace strobe::sampling
