// Gives threads the names that Python's `threading` knows them by: looks when samples came from threads that
// have none yet, not too often. Sampling thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "record/python_targets.h"
#include "record/target_tracker.h"

namespace strobe::record {

class PythonThreadNames {
 public:
  /// A sample came from this thread of a Python process.
  void seen(pid_t pid, pid_t tid);
  /// Reads the names of processes with new threads.
  void refresh(uint64_t now_ns, const PythonTargets& targets, TargetTracker& tracker);
  void gone(pid_t pid) { processes_.erase(pid); }

 private:
  struct Process {
    std::unordered_set<pid_t> known;              ///< threads that are not looked up again
    std::unordered_map<pid_t, unsigned> unnamed;  ///< the others, with the looks that are left
    uint64_t next_look_ns = 0;
  };
  std::unordered_map<pid_t, Process> processes_;
};

}  // namespace strobe::record
