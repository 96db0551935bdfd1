// Tells which rings have died. A thread's last record is written for the events of every CPU on the CPU where
// the thread ends, and perf's rings are not made for two CPUs writing at once (rb->nest in
// kernel/events/ring_buffer.c is no atomic): when many threads end together, a ring can stay without a new
// head for good. It shows as CPU time without records. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace strobe::sampling {

class RingWatch {
 public:
  static constexpr uint64_t kDeadPeriods = 20;  ///< of CPU time without a record

  explicit RingWatch(size_t rings, uint64_t period_ns) : rings_(rings), period_ns_(period_ns) {}

  /// Whether the ring was silent since the last look; then silent_for() wants to know the CPU time.
  [[nodiscard]] bool is_silent(size_t ring, uint64_t head) {
    Ring& seen = rings_[ring];
    if (head == seen.head) return true;
    seen = {.head = head};
    return false;
  }

  /// CPU time of the target on this CPU that went by while the ring was silent, once that is too much for a
  /// ring that works; else 0. `cpu_ns` is the time used on this CPU so far.
  [[nodiscard]] uint64_t dead_ns(size_t ring, uint64_t cpu_ns) {
    Ring& seen = rings_[ring];
    if (!seen.measured) {
      seen.measured = true;
      seen.cpu_ns = cpu_ns;
      return 0;
    }
    const uint64_t silent_ns = cpu_ns - seen.cpu_ns;
    return cpu_ns > seen.cpu_ns && silent_ns >= kDeadPeriods * period_ns_ ? silent_ns : 0;
  }

  /// The ring was replaced.
  void forget(size_t ring) { rings_[ring] = {}; }

 private:
  struct Ring {
    uint64_t head = 0;
    uint64_t cpu_ns = 0;
    bool measured = false;  ///< cpu_ns is that of the first silent look
  };

  std::vector<Ring> rings_;
  uint64_t period_ns_;
};

}  // namespace strobe::sampling
