// The events that report switches, and copy the stacks of a share of them: one switch in 1, 7, 61 or 509, by
// as many kinds of event, of which one at a time is on. (The period of inherited events cannot be changed:
// what PERF_EVENT_IOC_PERIOD sets reaches the event that it is called on alone.) Where the kernel may not be
// sampled there is one kind, which copies nothing.
//
// They write into rings of their own. The other events write each thread's last records on the CPU where it
// ends into the rings of all CPUs, and a ring that two CPUs write to at once can die (see ring_watch.h):
// with 100,000 records a second beside them that is no rare case any more. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sampling/bpf/python_program.h"
#include "sampling/perf/event_attributes.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/switch_rate.h"

namespace strobe::sampling {

class SwitchEvents {
 public:
  /// `rings` and `program` (which runs at every stack, and may be null) are borrowed for the life of this
  /// object.
  SwitchEvents(const EngineOptions& options, const PerfFeatures& features, const RingSet* rings,
               const bpf::PythonProgram* program)
      : options_(options), features_(features), rings_(rings), program_(program) {}

  /// Opens the events of a thread on the CPU of a ring.
  Result<void> open(pid_t tid, size_t ring);

  [[nodiscard]] bool owns(uint64_t event_id) const { return ids_.contains(event_id); }
  /// So many switches happened up to now: how many of them are sampled is adapted.
  void adapt(uint64_t now_ns, uint64_t switches);

  void disable_all();
  void enable_all();

 private:
  struct Event {
    size_t level = 0;
    UniqueFd fd;
  };
  Result<void> open_level(pid_t tid, size_t ring, size_t level);

  EngineOptions options_;
  PerfFeatures features_;
  const RingSet* rings_;
  const bpf::PythonProgram* program_;
  std::vector<Event> events_;
  std::unordered_set<uint64_t> ids_;
  SwitchRate rate_;
  bool enabled_ = true;
};

}  // namespace strobe::sampling
