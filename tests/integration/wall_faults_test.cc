// Waiting in recordings that are not whole: of programs that already run, with pauses, with losses, and where
// old parts are dropped. The sums still are those of the threads' lives, by the clocks of the test and of the
// scheduler.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/clock.h"
#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"
#include "wall_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

constexpr size_t kThreads = 9;  // of the program `waiting`
constexpr double kTickS = 0.004;

/// What the scheduler says of each thread of a process, at a moment.
struct Account {
  double time_s = 0;
  std::map<int, std::pair<double, double>> threads;  ///< by tid: ran, and was ready to run, so many seconds
};

Account read_account(pid_t pid) {
  Account account{.time_s = static_cast<double>(monotonic_now_ns()) / 1e9, .threads = {}};
  for (const pid_t tid : threads_of(pid)) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/schedstat");
    double run_ns = 0, delay_ns = 0;
    if (file >> run_ns >> delay_ns) account.threads[tid] = {run_ns / 1e9, delay_ns / 1e9};
  }
  return account;
}

class WallFaults : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (!is_looking()) STROBE_NEED_PERF();
    ::chmod(folder().c_str(), 0700);
    ::setenv("XDG_RUNTIME_DIR", folder().c_str(), 1);
  }
  void TearDown() override {
    run_.reset();
    ::unsetenv("XDG_RUNTIME_DIR");
    Integration::TearDown();
  }
  [[nodiscard]] static bool is_looking() { return std::string(GetParam()) == "ptrace"; }

  /// `strobe run --wall` of the command; its first child is the program.
  void start(const std::vector<std::string>& command, std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--wall", "--engine", GetParam()});
    command_ = strobe_run(command, options);
    run_.emplace(
        arguments_of(command_),
        ChildProgram::Options{.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
    const std::string pid = std::to_string(run_->pid());
    ASSERT_TRUE(wait_until([&] {
      return static_cast<bool>(std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> program_);
    })) << run_->err();
  }
  [[nodiscard]] StrobeRun finish() {
    const StrobeRun result = read_run(command_, run_->finish());
    EXPECT_EQ(result.program.status, 0) << result.program.err;
    EXPECT_TRUE(result.report.is_object()) << result.program.err;
    if (result.report.is_object()) expect_quality_invariants(result.report);
    return result;
  }
  void control(const std::string& request) const {
    const ProgramResult result = strobe({"control", std::to_string(run_->pid()), request});
    EXPECT_EQ(result.status, 0) << result.err;
  }

  StrobeCommand command_;
  std::optional<ChildProgram> run_;
  pid_t program_ = 0;
};

TEST_P(WallFaults, AProgramThatRunsHasWhatTheSchedulerCounts) {
  ChildProgram target({workload("waiting"), "60", "20"});
  ASSERT_TRUE(wait_until([&] { return threads_of(target.pid()).size() == kThreads; }));
  const Account first = read_account(target.pid());
  AttachedStrobe attached({.folder = folder(),
                           .wrapper = {},
                           .options = {"--wall", "--engine", GetParam()},
                           .pids = {target.pid()}});
  ASSERT_TRUE(attached.wait_until_recording());
  const Account begin = read_account(target.pid());
  ASSERT_TRUE(wait_for_work(target.pid(), 1.5));
  const Account end = read_account(target.pid());
  const StrobeRun run = attached.interrupt();
  const Account last = read_account(target.pid());
  expect_unharmed(target.pid());
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  expect_quality_invariants(run.report);
  expect_lives(run.report);
  size_t compared = 0;
  for (const json& thread : run.report.at("processes").at(0).at("threads")) {
    const int tid = thread.at("tid").get<int>();
    if (!begin.threads.contains(tid) || !end.threads.contains(tid)) continue;
    ++compared;
    const json& states = thread.at("states");
    EXPECT_GE(life_of(thread), end.time_s - begin.time_s - 0.01) << thread.dump();
    EXPECT_LE(life_of(thread), last.time_s - first.time_s + 0.01) << thread.dump();
    const auto expect_between = [&](double seconds, double least, double most, double slack) {
      EXPECT_GE(seconds, least - slack) << thread.dump();
      EXPECT_LE(seconds, most + slack) << thread.dump();
    };
    const double slack = kTickS + 0.005 * life_of(thread);
    expect_between(states.at("on_cpu"), end.threads.at(tid).first - begin.threads.at(tid).first,
                   last.threads.at(tid).first - first.threads.at(tid).first, slack);
    expect_between(states.at("runnable"), end.threads.at(tid).second - begin.threads.at(tid).second,
                   last.threads.at(tid).second - first.threads.at(tid).second, 2 * slack);
  }
  EXPECT_GE(compared, kThreads - 1);
  const json sleeper = find_thread(run.report, "sleeper");
  ASSERT_TRUE(sleeper.is_object());
  EXPECT_GT(sleeper.at("states").at("sleep").get<double>(), 0.9 * life_of(sleeper)) << sleeper.dump();
}

TEST_P(WallFaults, PausesAreInNoState) {
  start({workload("waiting"), "4", "20"});
  ASSERT_TRUE(wait_for_work(program_, 0.6));
  const double before = static_cast<double>(monotonic_now_ns()) / 1e9;
  control("pause");
  const double paused = static_cast<double>(monotonic_now_ns()) / 1e9;
  ASSERT_TRUE(wait_for_work(program_, 0.8));
  const double resuming = static_cast<double>(monotonic_now_ns()) / 1e9;
  control("resume");
  const double resumed = static_cast<double>(monotonic_now_ns()) / 1e9;
  const StrobeRun run = finish();
  ASSERT_TRUE(run.report.is_object());
  const double pause_s = run.report.at("quality").at("pauses").at("seconds").get<double>();
  EXPECT_GE(pause_s, resuming - paused);
  EXPECT_LE(pause_s, resumed - before);
  for (const auto& [name, truth] : run.truth.at("threads").items()) {
    const json thread = find_thread(run.report, name);
    ASSERT_TRUE(thread.is_object()) << name;
    const double life = truth.at("life_s").get<double>() - pause_s;
    EXPECT_NEAR(sum_states(thread.at("states")), life, 0.005 * life + 0.02)
        << name << thread.dump() << truth.dump();
  }
  const json sleeper = find_thread(run.report, "sleeper").at("states");
  EXPECT_NEAR(seconds_of(sleeper, {"sleep"}) + (is_looking() ? seconds_of(sleeper, {"unknown"}) : 0),
              run.truth.at("threads").at("sleeper").at("states").at("sleep").get<double>() - pause_s, 0.05)
      << sleeper.dump();
}

TEST_P(WallFaults, AfterLossesTheSumsAreStillTheLives) {
  if (is_looking()) GTEST_SKIP() << "there are no records to be lost";
  start({STROBE_SWITCHING, "6"});
  ASSERT_TRUE(wait_for_work(program_, 0.5));
  run_->send(SIGSTOP);  // so that the kernel's rings run over
  const bool worked = wait_for_work(program_, 3.5);
  run_->send(SIGCONT);
  ASSERT_TRUE(worked);
  const StrobeRun run = finish();
  ASSERT_TRUE(run.report.is_object());
  ASSERT_GT(run.report.at("quality").at("samples").at("lost_kernel").get<uint64_t>(), 1'000U);
  EXPECT_NE(run.program.err.find("lost"), std::string::npos) << run.program.err;
  expect_lives(run.report);
  expect_equal_sums(run.report);
  for (const json& thread : run.report.at("processes").at(0).at("threads")) {
    for (const auto& [state, seconds] : thread.at("states").items()) {
      EXPECT_GE(seconds.get<double>(), 0.0) << state << thread.dump();
      EXPECT_LE(seconds.get<double>(), life_of(thread) * 1.001 + 0.001) << state << thread.dump();
    }
  }
}

TEST_P(WallFaults, WhatIsDroppedByAgeIsInNoState) {
  start({workload("waiting"), "4", "20"}, {"--max-age", "1"});
  const StrobeRun run = finish();
  ASSERT_TRUE(run.report.is_object());
  const json& dropped = run.report.at("quality").at("dropped");
  EXPECT_GT(dropped.at("stretches").get<double>(), 0) << dropped.dump();
  EXPECT_GT(dropped.at("waited_s").get<double>(), 1) << dropped.dump();
  const double until_s = dropped.at("until_s").get<double>();
  for (const char* name : {"sleeper", "giver", "reader", "holder", "wanter", "turner", "worker"}) {
    const json thread = find_thread(run.report, name);
    ASSERT_TRUE(thread.is_object()) << name;
    const double kept_s =
        thread.at("end_s").get<double>() - std::max(until_s, thread.at("start_s").get<double>());
    EXPECT_NEAR(sum_states(thread.at("states")), kept_s, 0.005 * kept_s + 0.025) << thread.dump();
  }
  const json sleeper = find_thread(run.report, "sleeper").at("states");
  EXPECT_GT(seconds_of(sleeper, {"sleep"}), 0.9 * sum_states(sleeper)) << sleeper.dump();
}

TEST_P(WallFaults, TheSizeIsBoundedWithWaitingToo) {
  if (is_looking()) GTEST_SKIP() << "looks are too few to fill a file";
  constexpr uint64_t kMaxBytes = 4 << 20;
  start({STROBE_SWITCHING, "8"}, {"--max-size", "4M", "-r", "5k"});
  const StrobeRun run = finish();
  ASSERT_TRUE(run.report.is_object());
  EXPECT_LT(std::filesystem::file_size(run.recording), kMaxBytes);
  const double until_s = run.report.at("quality").at("dropped").at("until_s").get<double>();
  for (const json& thread : run.report.at("processes").at(0).at("threads")) {
    const double kept_s =
        thread.at("end_s").get<double>() - std::max(until_s, thread.at("start_s").get<double>());
    EXPECT_NEAR(sum_states(thread.at("states")), kept_s, 0.005 * kept_s + 0.025) << thread.dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, WallFaults, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
