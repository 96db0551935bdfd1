#include "analyze/run_facts.h"

#include <gtest/gtest.h>

#include "analyze/purposes.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr double kMiB = 1024 * 1024;

CounterRow counter(double seconds, ProcessId process, double rss_mib, std::optional<double> pss_mib,
                   uint64_t faults) {
  CounterRow row;
  row.time_ns = static_cast<uint64_t>(seconds * 1e9);
  row.process = process;
  row.rss_bytes = static_cast<uint64_t>(rss_mib * kMiB);
  if (pss_mib) row.pss_bytes = static_cast<uint64_t>(*pss_mib * kMiB);
  row.minor_faults = faults;
  return row;
}

TEST(RunFacts, WallIsTheProgramsAndNotTheRecordings) {
  test::ProfileBuilder b;
  b.profile.info.duration_ns = 3 * kSecond;
  b.thread(b.process(10, "app"), 10, "app", 0.5);
  b.profile.processes[0].start_ns = kSecond / 2;
  b.profile.processes[0].end_ns = 2 * kSecond;
  EXPECT_DOUBLE_EQ(sum_up_run(b.build()).wall_seconds, 3.0) << "attached: nobody saw it begin";
  b.profile.info.exit_status = 3;
  const RunFacts facts = sum_up_run(b.build());
  EXPECT_DOUBLE_EQ(facts.wall_seconds, 1.5);
  EXPECT_DOUBLE_EQ(facts.parallelism, 0.5 / 1.5);
  EXPECT_EQ(facts.exit_status, 3);
  EXPECT_FALSE(facts.has_states);
  EXPECT_FALSE(facts.rss_peak_bytes.has_value());
}

TEST(RunFacts, CpuTimeIsDividedAsTheKernelDoes) {
  test::ProfileBuilder b;
  const ProcessId first = b.process(10, "app");
  const ProcessId second = b.process(11, "app", first);
  b.thread(first, 10, "app", 1.0);
  b.thread(second, 11, "app", 2.0);
  b.profile.processes[0].user_ns = 3 * kSecond;  // of a longer time than was recorded
  b.profile.processes[0].system_ns = kSecond;
  b.profile.threads[0].voluntary_switches = 5;
  b.profile.threads[1].forced_switches = 7;
  const RunFacts facts = sum_up_run(b.build());
  EXPECT_DOUBLE_EQ(facts.cpu_seconds, 3.0);
  EXPECT_DOUBLE_EQ(facts.system_seconds, 0.25);
  EXPECT_DOUBLE_EQ(facts.user_seconds, 2.75);
  EXPECT_DOUBLE_EQ(facts.thread_seconds, 4.0) << "two lives of 2 s";
  EXPECT_EQ(facts.voluntary_switches, 5u);
  EXPECT_EQ(facts.forced_switches, 7u);
  EXPECT_EQ(facts.processes, 2u);
  EXPECT_EQ(facts.threads, 2u);
}

TEST(RunFacts, ThreadsAtWorkAreNotThoseThatStartUpAndWait) {
  test::ProfileBuilder b;
  const ModuleId python = b.module("/usr/bin/python3");
  const ProcessId process = b.process(10, "python3");
  const ProcessId child = b.process(11, "python3", process);
  const ThreadId main = b.thread(process, 10, "python3", 0.5);
  const ThreadId worker = b.thread(process, 12, "worker", 1.0);
  const ThreadId other = b.thread(child, 11, "python3", 0.4);
  b.thread(child, 13, "feeder", 0.05);
  const auto py = [&](const char* name, const char* file) {
    return b.frame(b.function(name, file, 1, python, Language::python));
  };
  const StackId import = b.stack({py("_find_and_load", "<frozen importlib._bootstrap>")});
  const StackId compute = b.stack({py("compute", "/home/me/app.py")});
  b.samples(main, import, 49);
  b.samples(main, compute, 1);
  b.samples(worker, compute, 100);
  b.samples(other, compute, 40);
  const RunFacts facts = sum_up_run(b.build());
  EXPECT_EQ(facts.working_threads, 2u);
  EXPECT_EQ(facts.working_processes, 2u);
  EXPECT_DOUBLE_EQ(facts.working_seconds, 4.0);
  EXPECT_EQ(find_working_threads(b.build()), (SelectedThreads{false, true, true, false}));
}

TEST(RunFacts, MemoryIsOfTheWholeTreeAtOneMoment) {
  test::ProfileBuilder b;
  const ProcessId parent = b.process(10, "app");
  const ProcessId early = b.process(11, "app", parent);
  const ProcessId late = b.process(12, "app", parent);
  b.profile.processes[1].end_ns = kSecond;
  b.profile.counters = {
      counter(0.0, parent, 100, 60, 10), counter(0.5, early, 80, 40, 20),  //
      counter(1.5, late, 70, 30, 5), counter(2.0, parent, 90, {}, 11),     // PSS is asked less often
  };
  const RunFacts facts = sum_up_run(b.build());
  EXPECT_DOUBLE_EQ(*facts.rss_peak_bytes, 180 * kMiB) << "the early and the late child never met";
  EXPECT_DOUBLE_EQ(*facts.pss_peak_bytes, 100 * kMiB);
  // 60 for 0.5 s, 100 until the early child ends, 60 until the late one begins, 60 + 30 for the last half
  // second.
  EXPECT_DOUBLE_EQ(*facts.pss_mean_bytes, (60 * 0.5 + 100 * 0.5 + 60 * 0.5 + 90 * 0.5) / 2 * kMiB);
  EXPECT_EQ(facts.minor_faults, 36u);
}

TEST(RunFacts, CountersOfNoProcessAreLeftOut) {
  test::ProfileBuilder b;
  b.thread(b.process(10, "app"), 10, "app", 0.5);
  b.profile.counters = {counter(0, ProcessId{7}, 100, 60, 10)};
  EXPECT_FALSE(sum_up_run(b.build()).rss_peak_bytes.has_value());
}

TEST(RunFacts, StartingUpAndCopyingAreInclusive) {
  test::ProfileBuilder b;
  const ModuleId python = b.module("/usr/bin/python3");
  const ModuleId loader = b.module("/lib64/ld-linux-x86-64.so.2");
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const ProcessId process = b.process(10, "python3");
  b.process(11, "python3", process);
  const ThreadId thread = b.thread(process, 10, "python3", 1.0);
  const auto py = [&](const char* name, const char* file) {
    return b.frame(b.function(name, file, 1, python, Language::python));
  };
  const FrameId module = py("<module>", "/home/me/app.py");
  const FrameId import = py("_find_and_load", "<frozen importlib._bootstrap>");
  const FrameId loads = b.frame(b.function("marshal_loads", "", 0, python));
  const FrameId send = py("Connection.send", "/usr/lib/python3.11/multiprocessing/connection.py");
  const FrameId pickled = py("Point.__reduce__", "/home/me/app.py");
  const FrameId start = b.frame(b.function("_start", "", 0, loader));
  const FrameId write = b.frame(b.function("pipe_write", "", 0, kernel, Language::kernel));
  b.samples(thread, b.stack({module}), 40);
  b.samples(thread, b.stack({module, import, loads}), 20);  // reading compiled code is importing
  b.samples(thread, b.stack({module, send, pickled}), 10);
  b.samples(thread, b.stack({module, write}), 5);
  b.samples(thread, b.stack({start}), 25);
  const RunFacts facts = sum_up_run(b.build());
  EXPECT_DOUBLE_EQ(facts.startup_seconds, 0.45);
  EXPECT_DOUBLE_EQ(facts.copying_seconds, 0.15);
}

TEST(RunFacts, APipeOfASingleProcessLeadsOutOfTheRun) {
  test::ProfileBuilder b;
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const ThreadId thread = b.thread(b.process(10, "app"), 10, "app", 1.0);
  b.samples(thread, b.stack({b.frame(b.function("pipe_write", "", 0, kernel, Language::kernel))}), 10);
  EXPECT_EQ(sum_up_run(b.build()).copying_seconds, 0);
}

}  // namespace
}  // namespace strobe::analyze
