// The single values of a recording's info and quality with their keys in the tables `meta` and `quality`: one
// list each, walked by writer and reader alike, so that the two cannot drift apart.
#pragma once

#include <string>

#include "model/losses.h"
#include "model/recording.h"

namespace strobe::store {

/// Calls `visit(key, field)` for every field; `Info` is RecordingInfo, const or not.
template <class Info, class Visitor>
void visit_info(Info& info, Visitor&& visit) {
  visit("strobe_version", info.strobe_version);
  visit("command", info.command);
  visit("hostname", info.hostname);
  visit("kernel_release", info.kernel_release);
  visit("architecture", info.architecture);
  visit("start_unix_ns", info.start_unix_ns);
  visit("start_monotonic_ns", info.start_monotonic_ns);
  visit("duration_ns", info.duration_ns);
  visit("period_ns", info.period_ns);
  visit("kernel_sampled", info.kernel_sampled);
  visit("pooled_sampling", info.pooled_sampling);
  visit("wall", info.wall);
  visit("runnable_source", info.runnable_source);
  visit("memory_mode", info.memory.mode);
  visit("memory_interval_bytes", info.memory.interval_bytes);
  visit("memory_python_allocators", info.memory.python_allocators);
  visit("exit_status", info.exit_status);
}

/// The same for Quality; its lists have tables of their own (quality_blame, _unsampled, _unseen, _warning).
template <class QualityType, class Visitor>
void visit_quality(QualityType& quality, Visitor&& visit) {
  visit("engine", quality.engine);
  visit("engine_note", quality.engine_note);
  visit("rate_hz", quality.rate_hz);
  visit("kernel_sampled", quality.kernel_sampled);
  visit("samples_expected", quality.samples.expected);
  visit("samples_taken", quality.samples.taken);
  visit("samples_stored", quality.samples.stored);
  visit("samples_lost_kernel", quality.samples.lost_kernel);
  visit("samples_lost_queue", quality.samples.lost_queue);
  visit("samples_late", quality.samples.late);
  visit("samples_throttled", quality.samples.throttled);
  for (int i = 0; i < kStackClassCount; ++i) {
    visit("stacks_" + std::string(name_of(static_cast<StackClass>(i))),
          quality.stacks.by_class[static_cast<size_t>(i)]);
  }
  visit("symbols_frames", quality.symbols.frames);
  visit("symbols_missing", quality.symbols.missing);
  visit("python_reading", quality.python.reading);
  for (int i = 0; i < kPythonOutcomeCount; ++i) {
    visit("python_" + std::string(name_of(static_cast<PythonOutcome>(i))),
          quality.python.by_outcome[static_cast<size_t>(i)]);
  }
  visit("processes_seen", quality.processes_seen);
  visit("overhead_target_stopped_ns", quality.overhead.target_stopped_ns);
  visit("overhead_longest_stop_ns", quality.overhead.longest_stop_ns);
  visit("overhead_stops", quality.overhead.stops);
  visit("overhead_strobe_cpu_ns", quality.overhead.strobe_cpu_ns);
  visit("overhead_strobe_peak_bytes", quality.overhead.strobe_peak_bytes);
  visit("overhead_ring_bytes", quality.overhead.ring_bytes);
  visit("offcpu_stretches", quality.offcpu.stretches);
  visit("offcpu_kept", quality.offcpu.kept);
  visit("offcpu_lost", quality.offcpu.lost);
  visit("memory_processes", quality.memory.processes);
  visit("memory_events", quality.memory.events);
  visit("memory_lost", quality.memory.lost);
  visit("memory_not_judged", quality.memory.not_judged);
  visit("pauses_count", quality.pauses.count);
  visit("pauses_total_ns", quality.pauses.total_ns);
  visit("dropped_samples", quality.dropped.samples);
  visit("dropped_cpu_ns", quality.dropped.cpu_ns);
  visit("dropped_until_ns", quality.dropped.until_ns);
  visit("dropped_stretches", quality.dropped.stretches);
  visit("dropped_waited_ns", quality.dropped.waited_ns);
}

}  // namespace strobe::store
