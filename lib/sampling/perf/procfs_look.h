// Finds in procfs what records did not tell, because they were lost or the events were stopped (a pause):
// births, ends, programs that changed, mappings. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/events.h"
#include "sampling/perf/thread_table.h"

namespace strobe::sampling {

class ProcfsLook {
 public:
  struct Plan {
    uint64_t time_ns = 0;
    bool follow_children = true;
    /// No records are on their way: who is absent has ended. Otherwise only who was absent last time too.
    bool final = false;
  };
  struct Ended {
    pid_t pid = 0;
    pid_t tid = 0;
  };

  /// `threads` is borrowed for the life of this object; threads that are found are added to it.
  explicit ProcfsLook(ThreadTable* threads) : threads_(threads) {}

  /// Reports what is new to `sink`, and returns who has ended: to be reported by the caller, before anything
  /// else happens to them.
  [[nodiscard]] std::vector<Ended> find_ended(const Plan& plan);
  void report_new(const Plan& plan, EventSink& sink);
  /// Whether somebody was absent, so that it is worth looking again.
  [[nodiscard]] bool found_absent() const { return !absent_.empty(); }

  /// Notes which program each process runs, so that report_new() can tell when it has become another one.
  void note_programs();
  void forget_programs() { programs_.clear(); }

  /// Reports a process that showed up without any record of its birth.
  void report_process(pid_t pid, uint64_t time_ns, EventSink& sink);

  /// Whether that birth was found here before its record came; asking forgets it.
  bool was_ahead_of(pid_t tid) { return found_.erase(tid) != 0; }
  void ended(pid_t tid) { found_.erase(tid); }

 private:
  void report_process_news(const Plan& plan, pid_t pid, std::vector<pid_t>& work, EventSink& sink);
  void report_program(pid_t pid, uint64_t time_ns, EventSink& sink);

  ThreadTable* threads_;
  std::unordered_set<pid_t> absent_;                 // from procfs, when it was last read
  std::unordered_set<pid_t> found_;                  // in procfs, before a record of their birth came
  std::unordered_map<pid_t, std::string> programs_;  // by pid; empty where nobody asked
};

}  // namespace strobe::sampling
