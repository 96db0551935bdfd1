// The target's live threads as the records tell them, and the bookkeeping on threads that ended without a
// sample, by which the engine decides whether events per CPU are needed. Pure. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/events.h"

namespace strobe::sampling {

struct KnownThread {
  pid_t pid = 0;
  bool sampled = false;
  bool waits_for_exec = false;  ///< a launched child before its exec: not recorded yet
};

class ThreadTable {
 public:
  explicit ThreadTable(uint64_t period_ns) : period_ns_(period_ns) {}

  void add(pid_t pid, pid_t tid, bool waits_for_exec = false);
  /// Another program began in this process: one thread is left, under the process's own id.
  void exec(pid_t pid);
  void mark_exited(pid_t tid);
  /// Notes a sample; adds the thread when its birth was missed.
  void sampled(pid_t pid, pid_t tid);
  /// CPU time of a thread that ended.
  void ended_with(pid_t tid, uint64_t cpu_ns);

  [[nodiscard]] const KnownThread* find(pid_t tid) const;
  [[nodiscard]] bool empty() const { return threads_.empty(); }
  [[nodiscard]] const std::unordered_map<pid_t, KnownThread>& threads() const { return threads_; }
  [[nodiscard]] std::vector<pid_t> process_ids() const;  ///< ascending

  /// Whether so many threads ended unsampled, with so much of the CPU time, that sampling per thread misses
  /// a good part of the target: every thread's first sample comes a whole period after its birth.
  [[nodiscard]] bool many_unsampled() const;

 private:
  uint64_t period_ns_;
  std::unordered_map<pid_t, KnownThread> threads_;   // by tid
  std::unordered_map<pid_t, bool> ended_unsampled_;  // by tid; whether it was counted already
  uint64_t unsampled_threads_ = 0;
  uint64_t unsampled_ns_ = 0;
  uint64_t samples_ = 0;
};

}  // namespace strobe::sampling
