// What perf_event_open allows, tried with the attributes that the engine uses. Events are closed at once and
// never enabled on anything but this process. For `strobe doctor`.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "model/rights.h"

namespace strobe::sampling {

/// Tries on this process. `switch_tracepoint` is the number of sched:sched_switch; 0 where it is not known.
[[nodiscard]] PerfFacts probe_perf(uint64_t switch_tracepoint);

struct ProcessSampling {
  Attempt sample;
  bool kernel = false;  ///< its kernel time too
};
/// Tries on one process, without taking a sample of it.
[[nodiscard]] ProcessSampling probe_process_sampling(pid_t pid);

}  // namespace strobe::sampling
