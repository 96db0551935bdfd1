// Exact CPU time per thread from the events' counts: when a thread ends, and of the live ones whenever asked.
// Original threads have a counter of their own. What came from them has none while it lives: there procfs
// tells how the events' exact sum is spread, and the READ record of its end tells the truth.
// Time in which the events were stopped (a pause) is none of the recording's. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>

#include "model/events.h"
#include "model/quality.h"
#include "sampling/perf/perf_record.h"
#include "sampling/perf/target_events.h"
#include "sampling/perf/thread_table.h"

namespace strobe::sampling {

class CpuReport {
 public:
  /// Both borrowed for the life of this object.
  CpuReport(TargetEvents* events, const ThreadTable* threads) : events_(events), threads_(threads) {}

  /// A thread began under this id: what is known of a former one is not its.
  void began(pid_t tid) { known_.erase(tid); }
  /// An original thread ended: its events write no READ record.
  void ended(const ExitEvent& event, EventSink& sink);
  /// The kernel's last word on another thread, or a part of it: there is one for each CPU. `wanted` false:
  /// counted, but none of the recording's.
  void read(const ReadRecord& record, bool wanted, EventSink& sink);

  struct Moment {
    uint64_t time_ns = 0;
    bool last = false;     ///< nothing comes after it: the counters are closed
    bool trusted = true;   ///< no records were lost: the events' sum is that of the threads we know
    bool reported = true;  ///< false: noted only, as time before the recording
  };
  /// Reports what the live threads used since they were last reported.
  void report_live(const Moment& moment, EventSink& sink);

  /// The events have just been stopped, or are about to go on.
  void pause();
  void resume();

  /// Adds a warning where the kernel lost last words.
  void describe(Quality& quality) const;

 private:
  struct Known {
    uint64_t reported_ns = 0;
    uint64_t stopped_ns = 0;   // used while the events were stopped
    uint64_t at_pause_ns = 0;  // what procfs said when they were
    uint64_t ended_ns = 0;     // 0: it lives
  };
  struct Live {
    pid_t pid = 0, tid = 0;
    uint64_t used_ns = 0;
  };
  struct Listing;

  void report(EventSink& sink, uint64_t time_ns, const Live& thread);
  [[nodiscard]] uint64_t used_ns(pid_t tid, uint64_t run_ns) const;
  void forget_ended(uint64_t time_ns);

  TargetEvents* events_;
  const ThreadTable* threads_;
  std::unordered_map<pid_t, Known> known_;  // by tid; only threads that were ever reported alive or paused
  bool paused_ = false;
  uint64_t inherited_cpu_ns_ = 0;  // of threads that ended, as their READ records said
  uint64_t original_cpu_ns_ = 0;   // of original threads that ended
  uint64_t unread_ns_ = 0;         // of threads that ended without a READ record, by the events' sum
  uint64_t unread_threads_ = 0;
};

}  // namespace strobe::sampling
