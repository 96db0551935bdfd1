// Sample workloads of several threads and processes: both engines see each of them, under its name and below
// its parent, in the JSON and in the text of the threads view.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// Both engines.
class WorkloadJobs : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const char* program, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command = {workload(program)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    StrobeRun run = run_strobe(strobe_run(command, {"--engine", GetParam()}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    return run;
  }
};

using Count = std::map<std::string, int>;

Count count_threads(const json& report) {
  Count names;
  for (const json& process : report.value("processes", json::array())) {
    for (const json& thread : process.at("threads")) ++names[thread.at("name").get<std::string>()];
  }
  return names;
}

/// Every process but the first is a child of the first, with that name.
void expect_children(const json& report, size_t children, const std::string& name) {
  const json& processes = report.at("processes");
  ASSERT_EQ(processes.size(), children + 1) << processes.dump(1);
  for (size_t i = 1; i < processes.size(); ++i) {
    EXPECT_EQ(processes[i].at("ppid"), processes[0].at("pid"));
    EXPECT_EQ(processes[i].value("command", ""), name);
    EXPECT_EQ(processes[i].at("threads").size(), 1U);
    EXPECT_GT(processes[i].value("cpu_s", 0.0), 0.0);
  }
}

TEST_P(WorkloadJobs, ThreadsAndProcessesOfACpuBoundJob) {
  const StrobeRun threads = record("cpu_jobs", {"threads", "0.5", "3"});
  EXPECT_EQ(threads.report.at("processes").size(), 1U);
  EXPECT_EQ(count_threads(threads.report), (Count{{"cpu_jobs", 1}, {"worker", 3}}));

  std::filesystem::remove(threads.recording);
  const StrobeRun processes = record("cpu_jobs", {"processes", "0.5", "3"});
  expect_children(processes.report, 3, "worker");
  EXPECT_EQ(count_threads(processes.report), (Count{{"cpu_jobs", 1}, {"worker", 3}}));
  const ProgramResult text = strobe({"report", processes.recording, "threads"});
  EXPECT_NE(text.out.find("4 threads of 4 processes"), std::string::npos) << text.out;
}

TEST_P(WorkloadJobs, ThreadsAndProcessesOfAnIoBoundJob) {
  const StrobeRun threads = record("io_jobs", {"threads", "0.3", "3"});
  EXPECT_EQ(threads.report.at("processes").size(), 1U);
  EXPECT_EQ(count_threads(threads.report), (Count{{"io_jobs", 1}, {"fetcher", 3}, {"server", 3}}));

  std::filesystem::remove(threads.recording);
  const StrobeRun processes = record("io_jobs", {"processes", "0.3", "3"});
  expect_children(processes.report, 3, "fetcher");
  EXPECT_EQ(count_threads(processes.report), (Count{{"io_jobs", 1}, {"fetcher", 3}, {"server", 3}}));
  // Each has waited far longer than it has worked.
  for (const json& process : processes.report.at("processes")) {
    EXPECT_LT(process.value("cpu_s", 1.0),
              0.7 * (process.value("end_s", 0.0) - process.value("start_s", 0.0)));
  }
}

TEST_P(WorkloadJobs, ProcessesThatShareMemory) {
  const StrobeRun run = record("shared_memory", {"0.5"});
  expect_children(run.report, 1, "consumer");
  // What each did is its own, though the memory is shared: shares of the two add up by process.
  const json& processes = run.report.at("processes");
  EXPECT_NEAR(processes[1].value("cpu_s", 0.0), run.truth.at("functions").value("sum_block", 0.0), 0.05);
}

INSTANTIATE_TEST_SUITE_P(Both, WorkloadJobs, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
