#include "support/profile_equality.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace strobe::test {
namespace {

// One tuple per row type: a field that is added to a struct has to be added here.
auto fields(const std::string& text) { return std::tie(text); }
auto fields(const ModuleRow& r) {
  return std::tie(r.kind, r.path, r.build_id, r.process, r.file_size, r.mtime_ns);
}
auto fields(const ProcessRow& r) {
  return std::tie(r.pid, r.parent, r.command, r.command_line, r.start_ns, r.end_ns, r.exited, r.exit_status,
                  r.user_ns, r.system_ns);
}
auto fields(const ThreadRow& r) {
  return std::tie(r.process, r.tid, r.name, r.start_ns, r.end_ns, r.cpu_ns, r.waited_ns, r.runnable_ns,
                  r.voluntary_switches, r.forced_switches);
}
auto fields(const FunctionRow& r) {
  return std::tie(r.name, r.linkage_name, r.module, r.file, r.line, r.language);
}
auto fields(const FrameRow& r) {
  return std::tie(r.kind, r.module, r.address, r.function, r.line, r.file, r.outer);
}
auto fields(const StackRow& r) { return std::tie(r.parent, r.frame); }
auto fields(const SampleRow& r) { return std::tie(r.time_ns, r.thread, r.stack, r.stack_class); }
auto fields(const StretchRow& r) {
  return std::tie(r.start_ns, r.end_ns, r.thread, r.state, r.runnable_ns, r.weight, r.stack, r.stack_class,
                  r.python, r.object, r.object_address, r.owner, r.waker);
}
auto fields(const CounterRow& r) {
  return std::tie(r.time_ns, r.process, r.rss_bytes, r.anonymous_bytes, r.file_bytes, r.shmem_bytes,
                  r.swap_bytes, r.peak_rss_bytes, r.pss_bytes, r.private_bytes, r.minor_faults,
                  r.major_faults);
}
auto fields(const MemoryRow& r) {
  return std::tie(r.process, r.stack, r.kind, r.allocated, r.peak, r.live, r.temporary);
}
auto fields(const std::pair<ProcessId, MemoryProcessRow>& r) {
  return std::tie(r.first, r.second.peak_bytes, r.second.peak_ns, r.second.mapped_peak_bytes,
                  r.second.mapped_peak_ns, r.second.invalid_frees, r.second.sizes);
}
auto fields(const MemoryPointRow& r) { return std::tie(r.time_ns, r.process, r.live_bytes, r.mapped_bytes); }
auto fields(const UnseenProcess& r) { return std::tie(r.pid, r.command, r.reason, r.count); }
auto fields(const MemoryCounts& r) { return std::tie(r.processes, r.events, r.lost, r.not_judged); }
auto fields(const OffCpuCounts& r) { return std::tie(r.stretches, r.kept, r.lost); }
auto fields(const SourceRow& r) {
  return std::tie(r.path, r.state, r.text, r.mtime_ns, r.md5, r.expected_md5);
}
auto fields(const UnsampledProcess& r) { return std::tie(r.pid, r.command, r.reason, r.count, r.cpu_ns); }
auto fields(const SampleCounts& r) {
  return std::tie(r.expected, r.taken, r.stored, r.lost_kernel, r.lost_queue, r.late, r.throttled);
}
auto fields(const OverheadCounts& r) {
  return std::tie(r.target_stopped_ns, r.longest_stop_ns, r.stops, r.strobe_cpu_ns, r.strobe_peak_bytes,
                  r.ring_bytes);
}
auto fields(const RecordingInfo& r) {
  return std::tie(r.strobe_version, r.command, r.hostname, r.kernel_release, r.architecture, r.start_unix_ns,
                  r.start_monotonic_ns, r.duration_ns, r.period_ns, r.kernel_sampled, r.pooled_sampling,
                  r.wall, r.runnable_source, r.memory.mode, r.memory.interval_bytes,
                  r.memory.python_allocators, r.exit_status);
}

template <class Row>
void expect_rows(const char* table, const std::vector<Row>& actual, const std::vector<Row>& expected) {
  ASSERT_EQ(actual.size(), expected.size()) << table;
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_TRUE(fields(actual[i]) == fields(expected[i])) << table << " row " << i;
  }
}

void expect_quality(const Quality& a, const Quality& b) {
  EXPECT_EQ(a.engine, b.engine);
  EXPECT_EQ(a.engine_note, b.engine_note);
  EXPECT_EQ(a.rate_hz, b.rate_hz);
  EXPECT_EQ(a.kernel_sampled, b.kernel_sampled);
  EXPECT_TRUE(fields(a.samples) == fields(b.samples));
  EXPECT_EQ(a.stacks.by_class, b.stacks.by_class);
  EXPECT_TRUE(a.stacks.blame == b.stacks.blame);
  EXPECT_EQ(a.symbols.frames, b.symbols.frames);
  EXPECT_EQ(a.symbols.missing, b.symbols.missing);
  EXPECT_TRUE(a.symbols.blame == b.symbols.blame);
  EXPECT_EQ(a.processes_seen, b.processes_seen);
  expect_rows("unsampled", a.unsampled, b.unsampled);
  EXPECT_TRUE(fields(a.overhead) == fields(b.overhead));
  EXPECT_TRUE(fields(a.offcpu) == fields(b.offcpu));
  EXPECT_TRUE(fields(a.memory) == fields(b.memory));
  expect_rows("unseen", a.memory.unseen, b.memory.unseen);
  EXPECT_EQ(a.warnings, b.warnings);
}

}  // namespace

void expect_equal(const Profile& actual, const Profile& expected) {
  EXPECT_TRUE(fields(actual.info) == fields(expected.info)) << "info";
  expect_quality(actual.quality, expected.quality);
  expect_rows("strings", actual.strings, expected.strings);
  expect_rows("modules", actual.modules, expected.modules);
  expect_rows("processes", actual.processes, expected.processes);
  expect_rows("threads", actual.threads, expected.threads);
  expect_rows("functions", actual.functions, expected.functions);
  expect_rows("frames", actual.frames, expected.frames);
  expect_rows("stacks", actual.stacks, expected.stacks);
  expect_rows("samples", actual.samples, expected.samples);
  expect_rows("stretches", actual.stretches, expected.stretches);
  expect_rows("counters", actual.counters, expected.counters);
  expect_rows("memory", actual.memory, expected.memory);
  expect_rows("processes of memory", actual.memory_processes, expected.memory_processes);
  expect_rows("points of memory", actual.memory_points, expected.memory_points);
  expect_rows("source", actual.sources, expected.sources);
}

}  // namespace strobe::test
