#include "sampling/probe.h"

#include "os/perf_event.h"
#include "os/proc_tasks.h"
#include "sampling/perf/event_attributes.h"
#include "sampling/perf/ring_set.h"

namespace strobe::sampling {
namespace {

/// What the engine begins with: nothing that only newer kernels have.
PerfFeatures plain_features(bool kernel) {
  return {.kernel = kernel, .build_id = false, .inherit_thread = false, .per_cpu = false, .on_exec = true};
}

Attempt try_event(perf_event_attr attr, pid_t pid, int cpu) {
  attr.disabled = 1;
  attr.enable_on_exec = 0;
  const auto event = os::open_perf_event(attr, pid, cpu);
  if (event) return {Attempt::Outcome::worked};
  return {Attempt::Outcome::refused, event.error().sys_errno};
}

Attempt try_samples(pid_t pid, bool kernel, bool with_stack) {
  EngineOptions options;
  if (!with_stack) options.stack_bytes = 0;
  perf_event_attr attr = make_inherited_attr(options, plain_features(kernel), true);
  if (!with_stack) {
    attr.sample_type &= ~static_cast<uint64_t>(PERF_SAMPLE_REGS_USER);
    attr.sample_regs_user = 0;
  }
  return try_event(attr, pid, -1);
}

/// User code only, which needs the least rights.
perf_event_attr counting_attr(perf_type_id type, uint64_t config) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = type;
  attr.config = config;
  attr.exclude_kernel = type == PERF_TYPE_HARDWARE;
  attr.exclude_hv = 1;
  return attr;
}

}  // namespace

PerfFacts probe_perf(uint64_t switch_tracepoint) {
  PerfFacts facts;
  facts.user = try_samples(0, false, false);
  facts.stack_copy = try_samples(0, false, true);
  facts.kernel = try_samples(0, true, true);
  const std::vector<int> cpus = os::list_online_cpus();
  facts.whole_cpus = try_event(make_cpu_attr({}, plain_features(facts.kernel.worked())), -1, cpus.front());
  facts.cycles = try_event(counting_attr(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES), 0, -1);
  if (switch_tracepoint != 0) {
    facts.tracepoints = try_event(counting_attr(PERF_TYPE_TRACEPOINT, switch_tracepoint), 0, -1);
  }
  facts.wanted_ring_bytes = RingSet::wanted_bytes(cpus.size()) * cpus.size();
  if (facts.user.worked()) {
    if (const auto rings = RingSet::open(cpus)) facts.ring_bytes = rings->total_bytes();
  }
  return facts;
}

ProcessSampling probe_process_sampling(pid_t pid) {
  ProcessSampling result;
  result.sample = try_samples(pid, false, true);
  result.kernel = result.sample.worked() && try_samples(pid, true, true).worked();
  return result;
}

}  // namespace strobe::sampling
