// When a thread is due for a sample, from what the scheduler tells about its CPU time. Pure.
//
// schedstat is exact whenever the thread leaves the CPU (at our stops too) but only follows the scheduler's
// tick (up to 4 ms at HZ 250) while it runs. In between the time since the last change is taken as CPU time,
// up to one tick: a running thread is then due every period, and a thread that only waits for a CPU gets
// ahead by no more than a tick. Sums stay right, because due times advance by whole periods of exact CPU
// time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace strobe::sampling {

class SampleClock {
 public:
  static constexpr uint64_t kTickNs = 4'000'000;
  static constexpr uint64_t kMaxBacklog = 8;  ///< periods that may be caught up with in later ticks

  /// `phase_ns` in [0, period): where in its first period the thread is due. A random one gives threads that
  /// live shorter than a period their fair chance.
  SampleClock(uint64_t period_ns, uint64_t cpu_ns, uint64_t now_ns, uint64_t phase_ns)
      : period_ns_(period_ns), cpu_ns_(cpu_ns), changed_ns_(now_ns), due_ns_(cpu_ns + phase_ns) {}

  /// What schedstat says at `now_ns`.
  void observe(uint64_t cpu_ns, uint64_t now_ns) {
    if (cpu_ns == cpu_ns_) return;
    cpu_ns_ = cpu_ns;
    changed_ns_ = now_ns;
  }

  /// Whether a sample is due, provided that the thread is running now.
  [[nodiscard]] bool is_due(uint64_t now_ns) const {
    const uint64_t since_ns = now_ns > changed_ns_ ? now_ns - changed_ns_ : 0;
    return cpu_ns_ + std::min(since_ns, kTickNs) >= due_ns_;
  }

  /// A sample was taken. Returns the periods given up because we are too far behind.
  [[nodiscard]] uint64_t advance() {
    due_ns_ += period_ns_;
    if (due_ns_ + kMaxBacklog * period_ns_ >= cpu_ns_) return 0;
    const uint64_t missed = (cpu_ns_ - due_ns_) / period_ns_;
    due_ns_ += missed * period_ns_;
    return missed;
  }

  [[nodiscard]] uint64_t cpu_ns() const { return cpu_ns_; }

 private:
  uint64_t period_ns_;
  uint64_t cpu_ns_;      // as last observed
  uint64_t changed_ns_;  // when that was news
  uint64_t due_ns_;      // of CPU time
};

}  // namespace strobe::sampling
