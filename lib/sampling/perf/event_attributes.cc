#include "sampling/perf/event_attributes.h"

#include <ctime>

#include <algorithm>
#include <cerrno>

#include "os/perf_event.h"
#include "sampling/perf/wake_record.h"

namespace strobe::sampling {
namespace {

perf_event_attr make_attr(uint64_t config) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = config;
  attr.use_clockid = 1;  // events that share a ring must share the clock
  attr.clockid = CLOCK_MONOTONIC;
  attr.exclude_hv = 1;
  return attr;
}

void ask_for_samples(perf_event_attr& attr, const EngineOptions& options, const PerfFeatures& features) {
  attr.sample_type = record_layout(options, features).sample_type();
  attr.sample_id_all = 1;
  attr.exclude_callchain_user = 1;
  attr.sample_regs_user = kUserRegisterMask;
  attr.sample_stack_user = options.stack_bytes;
  attr.exclude_kernel = !features.kernel;
}

}  // namespace

bool is_refusal(const Error& error) { return error.sys_errno == EACCES || error.sys_errno == EPERM; }

RecordLayout record_layout(const EngineOptions& options, const PerfFeatures& features) {
  return {.kernel_chain = features.kernel, .user_stack = options.stack_bytes != 0};
}

perf_event_attr make_inherited_attr(const EngineOptions& options, const PerfFeatures& features, bool sample) {
  // task-clock and not cpu-clock: its count is the task's CPU time to the nanosecond.
  perf_event_attr attr = make_attr(PERF_COUNT_SW_TASK_CLOCK);
  ask_for_samples(attr, options, features);
  if (sample) attr.sample_period = options.period_ns;  // a period: frequencies are limited and adapt slowly
  attr.disabled = features.on_exec;
  attr.enable_on_exec = features.on_exec && !options.start_paused;
  attr.inherit = 1;
  attr.inherit_stat = 1;
  attr.inherit_thread = features.inherit_thread && !options.follow_children;
  attr.mmap = 1;
  attr.mmap2 = 1;
  attr.comm = 1;
  attr.comm_exec = 1;
  attr.task = 1;
  attr.build_id = features.build_id;
  return attr;
}

perf_event_attr make_switch_attr(const EngineOptions& options, const PerfFeatures& features, uint64_t every) {
  constexpr uint32_t kSwitchStackBytes = 8 * 1024;  // the rest is read while the thread still waits
  perf_event_attr attr = make_attr(every != 0 ? PERF_COUNT_SW_CONTEXT_SWITCHES : PERF_COUNT_SW_DUMMY);
  ask_for_samples(attr, options, features);
  attr.sample_stack_user = std::min(options.stack_bytes, kSwitchStackBytes);
  attr.sample_period = every;
  attr.context_switch = 1;
  attr.disabled = 1;
  attr.inherit = 1;
  attr.inherit_thread = features.inherit_thread && !options.follow_children;
  return attr;
}

perf_event_attr make_wake_attr(uint64_t tracepoint) {
  perf_event_attr attr = make_attr(tracepoint);
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.sample_type = kWakeSampleType;
  attr.sample_id_all = 1;
  attr.sample_period = 1;
  return attr;
}

perf_event_attr make_fault_attr(const EngineOptions& options, const PerfFeatures& features) {
  perf_event_attr attr = make_attr(PERF_COUNT_SW_PAGE_FAULTS);
  ask_for_samples(attr, options, features);
  attr.sample_period = options.fault_period;
  attr.disabled = features.on_exec;
  attr.enable_on_exec = features.on_exec && !options.start_paused;
  attr.inherit = 1;
  attr.inherit_thread = features.inherit_thread && !options.follow_children;
  return attr;
}

perf_event_attr make_counter_attr(const EngineOptions& options, const PerfFeatures& features) {
  perf_event_attr attr = make_attr(PERF_COUNT_SW_TASK_CLOCK);
  attr.exclude_kernel = !features.kernel;  // a right to ask for only: the clock counts kernel time as well
  attr.disabled = features.on_exec;
  attr.enable_on_exec = features.on_exec && !options.start_paused;
  return attr;
}

perf_event_attr make_cpu_attr(const EngineOptions& options, const PerfFeatures& features) {
  perf_event_attr attr = make_attr(PERF_COUNT_SW_CPU_CLOCK);
  ask_for_samples(attr, options, features);
  // This clock runs whoever is on the CPU. On a busy machine the scheduler starts processes at its ticks, so
  // that a period near a part of the tick (4 ms at HZ 250) finds short ones always at the same point of their
  // lives: with 999,983 ns the second halves of half-millisecond processes had 35 % fewer samples than the
  // first ones, and a fifth of all were missing. A period 1.3 % shorter passes over all points in 80 ms.
  attr.sample_period = options.period_ns - options.period_ns / 77;
  attr.exclude_idle = 1;
  return attr;
}

perf_event_attr make_ring_owner_attr(uint32_t wakeup_bytes) {
  perf_event_attr attr = make_attr(PERF_COUNT_SW_DUMMY);
  attr.exclude_kernel = 1;
  attr.disabled = 1;
  attr.watermark = 1;
  attr.wakeup_watermark = wakeup_bytes;
  return attr;
}

Result<PerfFeatures> probe_perf_features(const EngineOptions& options, pid_t pid) {
  PerfFeatures features{
      .kernel = true, .build_id = true, .inherit_thread = true, .per_cpu = false, .on_exec = true};
  while (true) {
    auto event = os::open_perf_event(make_inherited_attr(options, features, true), pid, -1);
    if (event) break;
    const Error& error = event.error();
    if (is_refusal(error) && features.kernel) {
      features.kernel = false;
    } else if (error.sys_errno == EINVAL && features.inherit_thread && !options.follow_children) {
      features.inherit_thread = false;
    } else if (error.sys_errno == EINVAL && features.build_id) {
      features.build_id = false;
    } else {
      return pass(std::move(event));
    }
  }
  if (options.per_cpu != EngineOptions::PerCpu::never) {
    perf_event_attr attr = make_cpu_attr(options, features);
    attr.disabled = 1;
    features.per_cpu = os::open_perf_event(attr, -1, 0).has_value();
  }
  return features;
}

}  // namespace strobe::sampling
