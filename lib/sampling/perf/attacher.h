// Opens events on processes that already run, and reports them. Threads and children are born meanwhile: one
// that inherited its parent's events announces itself by a FORK record, and must not be opened again; one
// whose parent was not open yet does not, and must be. So listing and opening go round until nothing new is
// found.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/events.h"
#include "sampling/perf/ring_reader.h"
#include "sampling/perf/target_events.h"
#include "sampling/perf/thread_table.h"

namespace strobe::sampling {

struct AttachPlan {
  bool follow_children = true;
  bool sample = true;  ///< false: samples come from elsewhere
  RecordLayout layout;
};

class Attacher {
 public:
  /// All borrowed for the life of this object.
  Attacher(const AttachPlan& plan, const RingSet* rings, TargetEvents* events, ThreadTable* threads);

  /// Opens every thread of these processes, and of their children where the plan says so. Processes that
  /// end meanwhile are no error, unless none of them is left.
  Result<void> open_all(const std::vector<pid_t>& pids);

  /// Reports what was opened, as existing since `time_ns`.
  void report(EventSink& sink, uint64_t time_ns) const;

 private:
  struct Birth {
    uint64_t time_ns = 0;
    pid_t parent_tid = 0;
  };
  Result<void> open_process(pid_t pid);
  /// Opens the threads of a process that are new; whether there were any.
  Result<bool> open_new_threads(pid_t pid);
  Result<bool> open_one(pid_t pid, pid_t tid);
  void look_for_births();

  AttachPlan plan_;
  const RingSet* rings_;
  TargetEvents* events_;
  ThreadTable* threads_;
  std::vector<RingReader> readers_;  // of our own: nothing is consumed
  std::unordered_map<pid_t, Birth> births_;
  std::set<pid_t> seen_;                         // tids
  std::vector<std::pair<pid_t, pid_t>> opened_;  // pid, tid in the order of opening
};

/// Reports the executable mappings that a process has now.
void report_mappings(EventSink& sink, pid_t pid, uint64_t time_ns);

/// Reports a thread and its name as existing.
void report_existing_thread(EventSink& sink, pid_t pid, pid_t tid, uint64_t time_ns);

}  // namespace strobe::sampling
