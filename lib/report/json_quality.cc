#include "report/json_quality.h"

#include "base/clock.h"
#include "report/json_memory.h"

namespace strobe::report {
namespace {

/// `all`: what the shares are of.
void write_blame(JsonWriter& json, const std::vector<Blame>& blame, uint64_t all) {
  json.key("blame");
  json.begin_array();
  for (const Blame& entry : blame) {
    json.begin_object();
    json.member("module", entry.module);
    json.member("reason", name_of(entry.reason));
    json.member("count", entry.count);
    json.member("share", all == 0 ? 0.0 : static_cast<double>(entry.count) / static_cast<double>(all));
    json.end_object();
  }
  json.end_array();
}

void write_thread_faults(JsonWriter& json, const std::vector<analyze::ThreadFault>& faults) {
  json.key("threads");
  json.begin_array();
  for (const analyze::ThreadFault& fault : faults) {
    json.begin_object();
    json.member("pid", fault.pid);
    json.member("process", fault.process);
    json.member("tid", fault.tid);
    json.member("thread", fault.thread);
    json.member("stored", fault.stored);
    json.member("not_complete", fault.not_complete);
    json.member("share", fault.share);
    json.end_object();
  }
  json.end_array();
}

void write_nameless(JsonWriter& json, const std::vector<analyze::NamelessModule>& modules) {
  json.key("modules");
  json.begin_array();
  for (const analyze::NamelessModule& module : modules) {
    json.begin_object();
    json.member("module", module.module);
    json.member("reason", name_of(module.reason));
    json.member("missing", module.missing);
    json.member("frames", module.frames);
    json.member("samples", module.samples);
    json.member("share", module.share);
    json.end_object();
  }
  json.end_array();
}

void write_advice(JsonWriter& json, const std::vector<analyze::Advice>& advice) {
  json.key("advice");
  json.begin_array();
  for (const analyze::Advice& entry : advice) {
    json.begin_object();
    json.member("module", entry.module);
    json.member("reason", name_of(entry.reason));
    json.member("text", entry.text);
    json.end_object();
  }
  json.end_array();
}

void write_samples(JsonWriter& json, const SampleCounts& samples) {
  json.key("samples");
  json.begin_object();
  json.member("expected", samples.expected);
  json.member("taken", samples.taken);
  json.member("stored", samples.stored);
  json.member("lost_kernel", samples.lost_kernel);
  json.member("lost_queue", samples.lost_queue);
  json.member("late", samples.late);
  json.member("throttled", samples.throttled);
  json.end_object();
}

void write_stack_counts(JsonWriter& json, const analyze::QualityView& view) {
  const StackCounts& stacks = view.quality.stacks;
  json.key("stacks");
  json.begin_object();
  for (size_t i = 0; i < stacks.by_class.size(); ++i) {
    json.member(name_of(static_cast<StackClass>(i)), stacks.by_class[i]);
  }
  write_blame(json, stacks.blame, view.quality.samples.stored);
  write_thread_faults(json, view.thread_faults);
  json.end_object();
}

void write_symbols(JsonWriter& json, const analyze::QualityView& view) {
  const SymbolCounts& symbols = view.quality.symbols;
  json.key("symbols");
  json.begin_object();
  json.member("frames", symbols.frames);
  json.member("missing", symbols.missing);
  write_blame(json, symbols.blame, symbols.frames);
  write_nameless(json, view.nameless);
  json.end_object();
}

/// Only where a Python was seen.
void write_python(JsonWriter& json, const Quality& quality) {
  const PythonCounts& python = quality.python;
  if (python.interpreters.empty()) return;
  json.key("python");
  json.begin_object();
  json.member("reading", python.reading);
  json.key("interpreters");
  json.begin_array();
  for (const std::string& name : python.interpreters) json.value(name);
  json.end_array();
  for (size_t i = 0; i < python.by_outcome.size(); ++i) {
    json.member(name_of(static_cast<PythonOutcome>(i)), python.by_outcome[i]);
  }
  write_blame(json, python.blame, python_samples(quality));
  json.end_object();
}

void write_processes(JsonWriter& json, const Quality& quality) {
  json.key("processes");
  json.begin_object();
  json.member("seen", quality.processes_seen);
  json.key("unsampled");
  json.begin_array();
  for (const UnsampledProcess& row : quality.unsampled) {
    json.begin_object();
    json.member("pid", row.pid);
    json.member("command", row.command);
    json.member("reason", row.reason);
    json.member("count", row.count);
    json.member("cpu_s", seconds_of(row.cpu_ns));
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_overhead(JsonWriter& json, const OverheadCounts& overhead) {
  json.key("overhead");
  json.begin_object();
  json.member("target_stopped_s", seconds_of(overhead.target_stopped_ns));
  json.member("longest_stop_s", seconds_of(overhead.longest_stop_ns));
  json.member("stops", overhead.stops);
  json.member("strobe_cpu_s", seconds_of(overhead.strobe_cpu_ns));
  json.member("strobe_peak_bytes", overhead.strobe_peak_bytes);
  json.member("ring_bytes", overhead.ring_bytes);
  json.end_object();
}

void write_pauses(JsonWriter& json, const PauseCounts& pauses) {
  json.key("pauses");
  json.begin_object();
  json.member("count", pauses.count);
  json.member("seconds", seconds_of(pauses.total_ns));
  json.end_object();
}

/// Absent where waiting was not recorded.
void write_offcpu(JsonWriter& json, const OffCpuCounts& offcpu) {
  if (offcpu.stretches == 0 && offcpu.lost == 0) return;
  json.key("offcpu");
  json.begin_object();
  json.member("stretches", offcpu.stretches);
  json.member("kept", offcpu.kept);
  json.member("lost", offcpu.lost);
  json.end_object();
}

void write_dropped(JsonWriter& json, const DroppedCounts& dropped) {
  json.key("dropped");
  json.begin_object();
  json.member("samples", dropped.samples);
  json.member("cpu_s", seconds_of(dropped.cpu_ns));
  json.member("until_s", seconds_of(dropped.until_ns));
  if (dropped.stretches != 0) {
    json.member("stretches", dropped.stretches);
    json.member("waited_s", seconds_of(dropped.waited_ns));
  }
  json.end_object();
}

}  // namespace

void write_json_quality(JsonWriter& json, const analyze::QualityView& view) {
  const Quality& quality = view.quality;
  json.begin_object();
  json.member("engine", quality.engine);
  json.member("engine_note", quality.engine_note);
  json.member("rate_hz", quality.rate_hz);
  json.member("kernel_sampled", view.kernel_sampled);
  json.member("complete", view.complete_share);
  write_samples(json, quality.samples);
  write_stack_counts(json, view);
  write_symbols(json, view);
  write_python(json, view.quality);
  write_processes(json, quality);
  write_overhead(json, quality.overhead);
  write_offcpu(json, quality.offcpu);
  write_json_memory_quality(json, quality.memory);
  write_pauses(json, quality.pauses);
  write_dropped(json, quality.dropped);
  json.key("warnings");
  json.begin_array();
  for (const std::string& warning : view.warnings) json.value(warning);
  json.end_array();
  write_advice(json, view.advice);
  json.end_object();
}

}  // namespace strobe::report
