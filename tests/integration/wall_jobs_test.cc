// Where the wall time of workers goes, threads and processes, native and Python, against what the workers
// measured of their own lives.
#include <gtest/gtest.h>

#include "integration_fixture.h"
#include "python_fixture.h"
#include "report_checks.h"
#include "wall_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// States of all threads of that name, whatever their process.
json sum_of(const json& report, const std::string& name) {
  json sum = json::object();
  for (const json& process : report.at("processes")) {
    for (const json& thread : process.at("threads")) {
      if (thread.value("name", "") != name) continue;
      for (const auto& [state, seconds] : thread.at("states").items())
        sum[state] = sum.value(state, 0.0) + seconds.get<double>();
    }
  }
  return sum;
}

class WallJobs : public PythonIntegration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const std::vector<std::string>& command) const {
    const StrobeRun run = run_strobe(strobe_run(command, {"--wall", "--engine", "perf", "--force"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object() && run.truth.is_object()) << run.program.err;
    if (run.report.is_object()) {
      expect_quality_invariants(run.report);
      expect_lives(run.report);
    }
    return run;
  }
  /// Both sides have the same seconds in a state, and on a CPU.
  static void expect_state(const StrobeRun& run, const std::string& threads, const char* state,
                           double tolerance) {
    const json states = sum_of(run.report, threads);
    const json& truth = run.truth.at("states");
    const std::string what = threads + ": truth " + truth.dump() + " report " + states.dump();
    const double seconds = truth.at(state).get<double>();
    EXPECT_NEAR(states.value(state, 0.0), seconds, tolerance * seconds + 0.01 + run.stolen_s) << what;
    expect_cpu(run, threads);
  }
  static void expect_cpu(const StrobeRun& run, const std::string& threads) {
    const json states = sum_of(run.report, threads);
    const json& truth = run.truth.at("states");
    const std::string what = threads + ": truth " + truth.dump() + " report " + states.dump();
    EXPECT_NEAR(states.value("on_cpu", 0.0), truth.at("on_cpu").get<double>(),
                0.01 * truth.at("on_cpu").get<double>() + 0.01 + run.stolen_s)
        << what;
  }
};

TEST_F(WallJobs, ThreadsAndProcessesThatWaitForReplies) {
  for (const char* kind : {"threads", "processes"}) {
    const StrobeRun run = record({workload("io_jobs"), kind, "0.6", "3"});
    ASSERT_TRUE(run.report.is_object() && run.truth.is_object());
    SCOPED_TRACE(kind);
    expect_state(run, "fetcher", "io", 0.02);
  }
}

TEST_F(WallJobs, ThreadsThatWaitForALock) {
  const StrobeRun run = record({workload("contended_mutex"), "0.8"});
  ASSERT_TRUE(run.report.is_object() && run.truth.is_object());
  expect_state(run, "contended_mutex", "lock", 0.02);
}

TEST_F(WallJobs, ProcessesThatWaitForNothing) {
  const StrobeRun run = record({workload("cpu_jobs"), "processes", "1", "3"});
  ASSERT_TRUE(run.report.is_object() && run.truth.is_object());
  expect_cpu(run, "worker");
  const json states = sum_of(run.report, "worker");
  // Of the program's clocks "other" is what they leave of its life: what a hypervisor takes away is in it.
  EXPECT_LT(states.value("other", 0.0), 0.01) << states.dump();
  EXPECT_LT(run.truth.at("states").at("other").get<double>(), 0.02);
  const double runnable = run.truth.at("states").at("runnable").get<double>();
  EXPECT_NEAR(states.value("runnable", 0.0), runnable, 0.02 * runnable + 0.02) << states.dump();
}

TEST_F(WallJobs, ThreadsOfPythonWaitForTheGilAndProcessesDoNot) {
  STROBE_NEED_PYTHON(interpreter, kDebianPython);
  const StrobeRun threads = record(python(interpreter, "thread_pool_cpu.py", {"1.5"}));
  ASSERT_TRUE(threads.report.is_object() && threads.truth.is_object());
  const json& states = threads.report.at("concurrency").at("states");
  const double gil = threads.truth.at("states").at("gil").get<double>();
  EXPECT_GT(gil, 0.5);
  // What the pool's own code and the main thread wait for it is none of the jobs'.
  EXPECT_NEAR(states.value("gil", 0.0), gil, 0.05 * gil + 0.05) << threads.truth.dump() << states.dump();
  const StrobeRun processes = record(python(interpreter, "process_pool_cpu.py", {"1"}));
  ASSERT_TRUE(processes.report.is_object() && processes.truth.is_object());
  EXPECT_NEAR(processes.report.at("concurrency").at("states").value("gil", 0.0),
              processes.truth.at("states").at("gil").get<double>(), 0.05);
}

}  // namespace
}  // namespace strobe::test
