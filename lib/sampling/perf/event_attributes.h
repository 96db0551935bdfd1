// What the engine asks the kernel for: the attributes of its kinds of event, and the probing of what this
// kernel and this user's rights allow of it. No state.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstdint>

#include "base/result.h"
#include "sampling/engine.h"
#include "sampling/perf/perf_record.h"

namespace strobe::sampling {

/// What the kernel lets us do, found by trying.
struct PerfFeatures {
  bool kernel = false;          ///< kernel time may be sampled
  bool build_id = false;        ///< build-ids come with mappings (Linux 5.12)
  bool inherit_thread = false;  ///< inheriting by threads only (Linux 5.13)
  bool per_cpu = false;         ///< events of whole CPUs are permitted
  bool on_exec = false;         ///< events begin with the exec (of a launched child)
};

/// Opens, and closes again, an event on `pid`. Fails as perf_event_open does where perf is refused.
Result<PerfFeatures> probe_perf_features(const EngineOptions& options, pid_t pid);

/// Whether perf_event_open failed for want of rights.
[[nodiscard]] bool is_refusal(const Error& error);

[[nodiscard]] RecordLayout record_layout(const EngineOptions& options, const PerfFeatures& features);

/// Counts (and with `sample`, samples) the task's CPU time on one CPU, is inherited, and reports mappings,
/// names, births and ends.
[[nodiscard]] perf_event_attr make_inherited_attr(const EngineOptions& options, const PerfFeatures& features,
                                                  bool sample);

/// Reports the task's switches on one CPU, and with `every` samples one in so many of them, which needs the
/// right to sample the kernel, where switches happen; 0: none. Inherited, and off at first.
[[nodiscard]] perf_event_attr make_switch_attr(const EngineOptions& options, const PerfFeatures& features,
                                               uint64_t every);

/// Reports every wake-up on one CPU, by the tracepoint of that number. Needs the right to read tracepoints.
[[nodiscard]] perf_event_attr make_wake_attr(uint64_t tracepoint);

/// Samples one in `options.fault_period` page faults of the task on one CPU, minor and major ones. Inherited.
[[nodiscard]] perf_event_attr make_fault_attr(const EngineOptions& options, const PerfFeatures& features);

/// Counts the CPU time of one thread alone.
[[nodiscard]] perf_event_attr make_counter_attr(const EngineOptions& options, const PerfFeatures& features);

/// Samples whatever runs on one CPU.
[[nodiscard]] perf_event_attr make_cpu_attr(const EngineOptions& options, const PerfFeatures& features);

/// Does nothing but own a ring.
[[nodiscard]] perf_event_attr make_ring_owner_attr(uint32_t wakeup_bytes);

}  // namespace strobe::sampling
