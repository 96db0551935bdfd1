// Whether an address that a thread sleeps on belongs to a GIL, and which thread holds that. Sampling thread
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "python/gil.h"
#include "record/python_targets.h"

namespace strobe::record {

class GilWatch {
 public:
  struct Found {
    uint64_t address = 0;
    pid_t holder = 0;  ///< tid as of now; 0: not known, or nobody
  };
  /// `futex`: what a thread of that process waits for.
  [[nodiscard]] std::optional<Found> find(PythonProcess& process, uint64_t futex, uint64_t now_ns);
  void gone(pid_t pid) { known_.erase(pid); }

 private:
  struct Known {
    uint64_t read_ns = 0;
    std::vector<python::Gil> gils;
    std::unordered_map<uint64_t, pid_t> threads;  // by thread state: its id in the target's PID namespace
  };
  static void read(PythonProcess& process, uint64_t now_ns, Known& known);
  [[nodiscard]] static pid_t find_holder(PythonProcess& process, const python::Gil& gil, uint64_t now_ns,
                                         Known& known);

  std::unordered_map<pid_t, Known> known_;
};

}  // namespace strobe::record
