// Where threads are off the CPU, by looks alone, for an engine that sees no switches: between two looks the
// scheduler's sums say how long a thread ran, how long it was ready to run, and in how many turns; what is
// left it waited, and for what both looks found, half of it for each. Pure: looks in, rows out. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "os/procfs.h"
#include "record/stretch_tracker.h"

namespace strobe::record {

class LookTracker {
 public:
  using Who = StretchTracker::Who;
  /// What the scheduler says of a thread at a moment.
  struct Moment {
    uint64_t time_ns = 0;
    os::SchedStat stat;
  };

  void began(const Who& who, const Moment& moment);
  void ended(pid_t tid, uint64_t time_ns);
  [[nodiscard]] bool knows(pid_t tid) const { return threads_.contains(tid); }
  /// Whether the thread stood still from the last look at it up to this one.
  [[nodiscard]] bool stood_still(pid_t tid, const os::SchedStat& stat) const;
  /// It stood still up to this moment, as far as its process's CPU time tells.
  void rested(pid_t tid, uint64_t time_ns);
  /// Whether it was found off the CPU when it was last looked at.
  [[nodiscard]] bool was_seen(pid_t tid) const;
  /// A look; without a sight where the thread had a CPU or waits for one.
  void looked(pid_t tid, const Moment& moment, std::optional<Sight> sight);
  /// Nothing more of this thread counts.
  void forget(pid_t tid) { threads_.erase(tid); }
  void pause(uint64_t time_ns);
  /// All threads have to begin anew then.
  void resume() { paused_ = false; }
  void close(uint64_t time_ns);
  void take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits);
  [[nodiscard]] const OffCpuCounts& counts() const { return counts_; }

 private:
  struct Thread {
    Who who;
    Moment last;
    std::optional<KeptStretch> held;  // goes on, as far as is known
    // The scheduler counts a running thread's time at its ticks only: so much was taken for time off the CPU.
    uint64_t too_much_ns = 0;
  };
  void give_out(Thread& thread);
  void rest_until(Thread& thread, uint64_t time_ns);

  std::unordered_map<pid_t, Thread> threads_;  // by tid
  std::vector<KeptStretch> over_;
  std::vector<ThreadWaits> waits_;
  bool paused_ = false;
  OffCpuCounts counts_;
};

}  // namespace strobe::record
