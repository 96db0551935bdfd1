// Looks at threads in turns, for an engine that sees no switches: at those that have moved since the last
// turn, by the CPU time of their process and the scheduler's counts. Threads of processes that stand still
// cost nothing, others that stand still little. Sampling thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "record/look_tracker.h"

namespace strobe::record {

class WaitSweep {
 public:
  using Who = StretchTracker::Who;
  /// Looks at a thread that may be blocked; none where it is not.
  using See = std::function<std::optional<Sight>(const Who&)>;

  static constexpr uint64_t kIntervalNs = 10'000'000;
  static constexpr uint64_t kLooksPerSecond = 2'000;

  /// `fresh`: a thread that was born just now; else what it did before is none of the recording's.
  void began(const Who& who, uint64_t time_ns, bool fresh);
  /// What it did up to now is none of the recording's.
  void restart(const Who& who, uint64_t time_ns);
  void ended(pid_t pid, pid_t tid, uint64_t time_ns);
  void pause(uint64_t time_ns) { tracker_.pause(time_ns); }
  void resume(uint64_t time_ns);
  /// A turn, when it is time for one.
  void run(uint64_t now_ns, const See& see);
  void close(uint64_t time_ns) { tracker_.close(time_ns); }
  /// Appends what is over, and the switches that threads made.
  void take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits);
  [[nodiscard]] const OffCpuCounts& counts() const { return tracker_.counts(); }

 private:
  struct Polled {
    Who who;
    uint32_t idle_turns = 0;  // in a row without moving
    bool moved = true;        // since its switches were counted
    uint64_t voluntary = 0;   // as last counted
    uint64_t forced = 0;
  };
  struct Process {
    uint64_t cpu_ns = 0;
    std::map<pid_t, Polled> threads;
  };
  /// Whether somebody was looked at.
  bool visit(Polled& thread, uint64_t now_ns, const See& see);
  void count_switches(Polled& thread, std::vector<ThreadWaits>& waits);

  std::map<pid_t, Process> processes_;
  LookTracker tracker_;
  uint64_t next_ns_ = 0;
  uint64_t turns_ = 0;
};

}  // namespace strobe::record
