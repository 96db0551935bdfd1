// The executable mappings of one process as last seen in /proc/PID/maps: ptrace reports no mmap, so the file
// is read again now and then, and what is new since is reported. A value: copied when the process forks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/events.h"
#include "os/proc_maps.h"

namespace strobe::sampling {

class MapWatch {
 public:
  /// Reads the maps of `pid` and reports what was not there last time. Unmapped memory is not reported:
  /// what takes its place is.
  void refresh(pid_t pid, EventSink& sink, uint64_t time_ns);
  /// refresh(), but only when the size of the address space is another than last time (statm, some 2 µs: a
  /// tenth of reading maps). Large maps are read so seldom that they cost a tenth of the time at most.
  void refresh_if_resized(pid_t pid, EventSink& sink, uint64_t time_ns);
  /// What refresh() does with mappings that were read already; pure.
  void update(std::vector<os::ProcMapping> mappings, pid_t pid, EventSink& sink, uint64_t time_ns);
  void clear() { known_.clear(); }  ///< at exec

  [[nodiscard]] bool contains(uint64_t address) const;
  [[nodiscard]] uint64_t refreshed_ns() const { return refreshed_ns_; }

 private:
  std::vector<os::ProcMapping> known_;  // executable ones, by start
  uint64_t refreshed_ns_ = 0;
  uint64_t refresh_cost_ns_ = 0;
  std::string statm_size_;  // first field of statm when refreshed
};

}  // namespace strobe::sampling
