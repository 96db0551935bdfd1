// What was resident, recorded without any agent: against programs that touch memory they know.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

constexpr double kMiB = 1 << 20;

/// Code and data of the C library and the program itself.
constexpr double kOwnMiB = 4;

class Resident : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const std::vector<std::string>& command) const {
    return run_strobe(strobe_run(command, {"--engine", GetParam()}));
  }
  /// The series of the process of that name.
  static json series_of(const json& report, const std::string& command) {
    for (const json& process : report.at("processes")) {
      if (process.at("command") != command) continue;
      for (const json& series : report.at("memory").at("series")) {
        if (series.at("pid") == process.at("pid")) return series;
      }
    }
    return {};
  }
  /// The numbers of a column, in MiB, without those that nobody asked for.
  static std::vector<double> column(const json& series, const char* name) {
    std::vector<double> values;
    for (const json& value : series.at(name)) {
      if (value.is_number()) values.push_back(value.get<double>() / kMiB);
    }
    return values;
  }
  static double most(const std::vector<double>& values) {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  }
  static double true_mib(const StrobeRun& run, const char* name) {
    return run.truth.at("memory").at(name).get<double>() / kMiB;
  }
  static void expect_mib(double value, double truth, double more) {
    EXPECT_GE(value, truth - 0.5);
    EXPECT_LE(value, truth + more);
  }
};

TEST_P(Resident, OfAMappedFileOnlyWhatWasRead) {
  const StrobeRun run = record({workload("file_in_part"), "1"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json series = series_of(run.report, "file_in_part");
  ASSERT_TRUE(series.is_object()) << run.report.at("memory").dump();
  // Where temporary files are in memory, they are of kind shmem.
  const double of_files = most(column(series, "file")) + most(column(series, "shmem"));
  expect_mib(of_files, true_mib(run, "read"), kOwnMiB);
  expect_mib(most(column(series, "anonymous")), true_mib(run, "own_peak"), 1);
  expect_mib(column(series, "anonymous").back(), true_mib(run, "own_end"), 1);
  EXPECT_EQ(column(series, "swap").back(), 0);
  EXPECT_GE(series.at("t").size(), 8U);  // a second at ten a second, and more in the beginning
  EXPECT_LT(series.at("t").back().get<double>(),
            run.report.at("recording").at("duration_s").get<double>() + 0.001);
}

TEST_P(Resident, PagesSharedByForkCountOnceInPss) {
  const StrobeRun run = record({workload("copy_on_write"), "2"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json& memory = run.report.at("memory");
  expect_mib(memory.at("rss_peak_bytes").get<double>() / kMiB, true_mib(run, "rss_peak"), 2 * kOwnMiB);
  expect_mib(memory.at("pss_peak_bytes").get<double>() / kMiB, true_mib(run, "pss_peak"), 2 * kOwnMiB);
  const json child = series_of(run.report, "copier");
  ASSERT_TRUE(child.is_object()) << memory.dump();
  const std::vector<double> shares = column(child, "pss");
  ASSERT_GE(shares.size(), 4U);
  expect_mib(*std::min_element(shares.begin(), shares.end()), true_mib(run, "pss_shared") / 2, kOwnMiB);
  expect_mib(shares.back(), true_mib(run, "pss_peak") / 2, kOwnMiB);
  // 8,192 pages of the parent and 8,192 copies, a fault each.
  EXPECT_GE(memory.at("minor_faults").get<double>(), 8'192 + 8'192);
}

TEST_P(Resident, SharedMemoryIsInEachProcessAndThereOnce) {
  const StrobeRun run = record({workload("shared_pages"), "3"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json& memory = run.report.at("memory");
  expect_mib(memory.at("rss_peak_bytes").get<double>() / kMiB, true_mib(run, "rss_of_all"), 4 * kOwnMiB);
  // Shares are read one process right after the other: while others still begin, a part of the shared pages
  // may be counted for one more process.
  expect_mib(memory.at("pss_peak_bytes").get<double>() / kMiB, true_mib(run, "pss_of_all"),
             4 * kOwnMiB + true_mib(run, "shared") / 2);
  size_t readers = 0;
  for (const json& series : memory.at("series")) {
    if (most(column(series, "shmem")) < 1) continue;
    expect_mib(most(column(series, "shmem")), true_mib(run, "shmem_of_each"), 1);
    ++readers;
  }
  EXPECT_EQ(readers, run.truth.at("processes").get<size_t>());
}

TEST_P(Resident, OfAProcessThatAlreadyRan) {
  ChildProgram target({workload("two_functions"), "600", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  AttachedStrobe::Setup setup;
  setup.folder = folder();
  setup.options = {"--engine", GetParam(), "-d", "1"};
  setup.pids = {target.pid()};
  AttachedStrobe attached(setup);
  const StrobeRun run = attached.finish();
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  std::ifstream status("/proc/" + std::to_string(target.pid()) + "/status");
  std::optional<double> rss_mib;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) rss_mib = std::stod(line.substr(6)) / 1024;
  }
  target.send(SIGKILL);
  target.finish();
  ASSERT_TRUE(rss_mib);
  const json series = series_of(run.report, "two_functions");
  ASSERT_TRUE(series.is_object()) << run.report.dump().substr(0, 1'000);
  EXPECT_NEAR(column(series, "rss").back(), *rss_mib, 0.5);
  EXPECT_FALSE(column(series, "pss").empty());
}

TEST_P(Resident, ShapesOfPythonsData) {
  const std::string program = std::string(STROBE_PYTHON_WORKLOADS) + "/memory_shapes.py";
  const ProgramResult counted = ChildProgram({"python3", program}).finish();
  ASSERT_EQ(counted.status, 0) << counted.err;
  const json truth = last_line_json(counted.out).at("memory");
  double all_mib = 0;
  for (const auto& [name, bytes] : truth.items()) all_mib += bytes.get<double>() / kMiB;
  const StrobeRun run = record({"python3", program, "plain"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json series = series_of(run.report, "python3");
  ASSERT_TRUE(series.is_object());
  // Python's allocator takes arenas and pools for what is counted; the interpreter and its modules are there
  // too.
  const double anonymous = most(column(series, "anonymous"));
  EXPECT_GE(anonymous, all_mib);
  EXPECT_LE(anonymous, 1.3 * all_mib + 24);
}

TEST_P(Resident, IsShownInTheSummaryTheViewAndTheSeries) {
  const StrobeRun run = record({workload("file_in_part"), "0.5"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_NE(run.program.err.find("memory: at most "), std::string::npos) << run.program.err;
  const ProgramResult view = strobe({"report", run.recording, "memory"});
  ASSERT_EQ(view.status, 0) << view.err;
  EXPECT_NE(view.out.find("allocations were not recorded"), std::string::npos) << view.out;
  EXPECT_NE(view.out.find("RSS       |"), std::string::npos) << view.out;
  EXPECT_NE(view.out.find("file_in_part"), std::string::npos) << view.out;
  const ProgramResult csv = strobe({"export", run.recording, "--to", "memory-csv", "-o", "-"});
  ASSERT_EQ(csv.status, 0) << csv.err;
  EXPECT_TRUE(csv.out.starts_with("time_s,pid,rss_bytes,")) << csv.out.substr(0, 200);
  EXPECT_GE(std::count(csv.out.begin(), csv.out.end(), '\n'), 5);
  const ProgramResult check = strobe(
      {"check", run.recording, "--fail-if", "memory.peak > 200MB", "--fail-if", "memory.rss_peak < 30MB"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  const ProgramResult unknown = strobe({"check", run.recording, "--fail-if", "memory.leaked > 0"});
  EXPECT_EQ(unknown.status, 2) << unknown.out << unknown.err;
}

INSTANTIATE_TEST_SUITE_P(Engines, Resident, ::testing::Values("perf", "ptrace"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace strobe::test
