// Exact CPU time per thread from the events' counts: when a thread ends, and of the live ones whenever asked.
// Threads that we were attached to have a counter of their own. Others have none while they live: there
// procfs tells how the events' exact sum is spread, and the READ record of a thread's end tells the truth.
// One of those that came from a launched thread, or that thread itself, leaves no record (threads hand their
// events to each other, and who has the original ones in the end has no parent to report to): its time is
// what the events counted and no other thread has. Time in which the events were stopped (a pause) is none of
// the recording's. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
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

  /// An original thread without a counter (TargetEvents::counts_originals), whose time so far does not count.
  void begin_uncounted(pid_t pid, pid_t tid);
  /// A thread began under this id: what is known of a former one is not its.
  void began(pid_t tid) {
    known_.erase(tid);
    endings_.erase(tid);
  }
  /// A thread ended: with a counter, that tells; else its READ records come next.
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
  static constexpr size_t kManyEndings = 10'000;
  struct Ending {
    ExitEvent event;
    bool exited = false;  // that came
    bool read = false;    // a READ record did; before it where the end was found in procfs
  };
  struct Live {
    pid_t pid = 0, tid = 0;
    uint64_t used_ns = 0;
  };
  struct Listing;

  void report(EventSink& sink, uint64_t time_ns, const Live& thread);
  [[nodiscard]] Listing list_threads(bool last);
  uint64_t report_unread(const Moment& moment, const Listing& live, uint64_t rest_ns, EventSink& sink);
  [[nodiscard]] uint64_t used_ns(pid_t tid, uint64_t run_ns) const;
  void forget_ended(uint64_t time_ns);
  void forget_endings(uint64_t time_ns);

  TargetEvents* events_;
  const ThreadTable* threads_;
  std::unordered_map<pid_t, Known> known_;  // by tid; only threads that were ever reported alive or paused
  bool paused_ = false;
  std::unordered_map<pid_t, Ending> endings_;  // by tid; of late, and all that wait for their READ record
  size_t forget_at_ = kManyEndings;            // so many of them
  uint64_t uncounted_ = 0;                     // original threads without a counter
  uint64_t inherited_cpu_ns_ = 0;              // of threads that ended, as their READ records said
  uint64_t original_cpu_ns_ = 0;               // of others that ended
  uint64_t lost_ns_ = 0;  // of threads whose READ records the kernel lost, by the events' sum
  uint64_t lost_threads_ = 0;
};

}  // namespace strobe::sampling
