// Children of a recorded program: of every kind and depth, none when they are not wanted, ids that come
// twice, and more of them than can be sampled one by one.
#include <gtest/gtest.h>

#include <algorithm>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class Children : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const std::vector<std::string>& command,
                                 std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--engine", GetParam()});
    return run_strobe(strobe_run(command, options));
  }
};

/// The function has so many seconds, callees included, within what so many samples can tell.
void expect_seconds(const json& report, const std::string& name, double seconds) {
  EXPECT_TRUE(amount_of(report, name).found) << name;
  EXPECT_NEAR(seconds_with_kernel(report, name), seconds, 0.15 * seconds + 0.01) << name;
}

/// A process's exact CPU seconds.
double cpu_of(const json& process) {
  double sum = 0;
  for (const json& thread : process.at("threads")) sum += thread.value("cpu_s", 0.0);
  return sum;
}

const std::vector<std::string> kKinds = {"forked_work",  "vforked_work",  "spawned_work", "cloned_work",
                                         "cloned3_work", "orphaned_work", "chained_work"};

TEST_P(Children, OfEveryKindAndDepthAreRecorded) {
  const StrobeRun run = record({STROBE_CHILDREN_TARGET, "kinds", "0.2"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  // Each does nothing else, so its own exact CPU time says what its function must have.
  for (const std::string& name : kKinds) expect_seconds(run.report, name, 0.2);
  EXPECT_EQ(run.report.at("processes").size(), run.truth.at("processes").get<size_t>());
  // Sampling may not stop after a birth or an exec: then there are the one or two samples before it. perf
  // takes one in every period of CPU time. The rate of ptrace depends on how often Strobe itself has a CPU; a
  // tenth of it still is many times of what there would be.
  const double least_hz = std::string(GetParam()) == "perf" ? 900 : 100;
  for (const json& process : run.report.at("processes")) {
    for (const json& thread : process.at("threads")) {
      const double cpu_s = thread.at("cpu_s").get<double>();
      if (cpu_s < 0.1) continue;
      EXPECT_GE(thread.at("samples").get<double>(), least_hz * cpu_s) << process.dump();
    }
  }
}

TEST_P(Children, AreLeftOutWhenNotWanted) {
  const StrobeRun run = record({workload("process_tree"), "1.5"}, {"--no-children"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("processes").size(), 1U);
  EXPECT_FALSE(amount_of(run.report, "forked_work").found);
  EXPECT_FALSE(amount_of(run.report, "execed_work").found);
  const double own_s = run.truth.at("functions").at("root_work").get<double>();
  expect_seconds(run.report, "root_work", own_s);
  EXPECT_NEAR(cpu_of(run.report.at("processes").at(0)), own_s, 0.05 * own_s + 0.02);
}

TEST_P(Children, OfEveryKindAreLeftOutWhenNotWanted) {
  const StrobeRun run = record({STROBE_CHILDREN_TARGET, "kinds", "0.05"}, {"--no-children"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(run.report.at("processes").size(), 1U);
  for (const std::string& name : kKinds) EXPECT_FALSE(amount_of(run.report, name).found) << name;
}

TEST_P(Children, ThreadsAreNone) {
  const StrobeRun run = record({workload("two_threads"), "0.5"}, {"--no-children"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(run.report.at("processes").at(0).at("threads").size(), 3U);
  expect_true_shares(run, 0.03);
}

TEST_P(Children, WithAnIdThatWasUsedBeforeAreToldApart) {
  // In a pid namespace of its own, where its root may choose ids.
  StrobeCommand command = strobe_run({STROBE_CHILDREN_TARGET, "reuse", "0.2"}, {"--engine", GetParam()});
  command.wrapper = {"unshare", "--pid", "--fork", "--mount-proc"};
  if (ChildProgram({"unshare", "--pid", "--fork", "--mount-proc", "true"}).finish().status != 0) {
    GTEST_SKIP() << "no pid namespace can be made here";
  }
  const StrobeRun run = run_strobe(command);
  if (run.program.status == 3) GTEST_SKIP() << "ids cannot be chosen here";
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  size_t lives = 0;
  size_t threads = 0;
  for (const json& process : run.report.at("processes")) {
    if (process.value("pid", 0) == 5000) {
      ++lives;
      EXPECT_NEAR(cpu_of(process), 0.2, 0.02);
    }
    for (const json& thread : process.at("threads")) {
      if (thread.value("tid", 0) != 7000) continue;
      ++threads;
      EXPECT_NEAR(thread.value("cpu_s", 0.0), 0.2, 0.02);
    }
  }
  EXPECT_EQ(lives, 2U) << run.report.at("processes").dump(1);
  EXPECT_EQ(threads, 2U) << run.report.at("processes").dump(1);
  for (const char* name : {"first_life", "second_life", "first_thread", "second_thread"}) {
    expect_seconds(run.report, name, 0.2);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Children, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

/// n4: 2,000 processes of about half a millisecond.
class ManyProcesses : public Integration {
 protected:
  struct Sums {
    size_t processes = 0;
    double cpu_s = 0;
    double samples = 0;
  };
  static Sums sums_of(const json& report, const std::string& command) {
    Sums sums;
    for (const json& process : report.at("processes")) {
      if (process.value("command", "") != command) continue;
      ++sums.processes;
      sums.cpu_s += cpu_of(process);
      for (const json& thread : process.at("threads")) sums.samples += thread.value("samples", 0.0);
    }
    return sums;
  }
  /// What n4 says about itself on stderr, where Strobe's words are as well.
  static json account_of(const StrobeRun& run) {
    const size_t begin = std::min(run.program.err.find("{\"name\""), run.program.err.size());
    return last_line_json(run.program.err.substr(begin, run.program.err.find('\n', begin) - begin));
  }
  /// The kernel's account of a process goes on where its perf events have ended: with the ending of these
  /// events, and with what is left of the exit. That is some 50 microseconds, much for one that lives so
  /// short.
  static void expect_most_of(double recorded_s, double account_s) {
    EXPECT_GE(recorded_s, 0.8 * account_s);
    EXPECT_LE(recorded_s, 1.01 * account_s);
  }
  static bool per_cpu_is_allowed() {
    return perf_is_allowed() && (can_have(Rights::root) || perf_event_paranoid() <= 0);
  }
};

TEST_F(ManyProcesses, AreSampledByCpuWherePermitted) {
  STROBE_NEED_PERF();
  if (!per_cpu_is_allowed()) GTEST_SKIP() << "sampling whole CPUs is not permitted here";
  const StrobeRun run = run_strobe(strobe_run({STROBE_MANY_PROCESSES, "1"}, {"--per-cpu"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("quality").value("engine", ""), "perf per-cpu");
  const auto& samples = run.report.at("quality").at("samples");
  const double expected = samples.at("expected").get<double>();
  EXPECT_GE(samples.at("stored").get<double>(), 0.9 * expected) << samples.dump();

  if (samples.at("lost_kernel").get<uint64_t>() > 0) {
    GTEST_SKIP() << "the machine is too busy for the rest: records of births and ends were lost";
  }
  const json account = account_of(run);
  ASSERT_TRUE(account.is_object()) << run.program.err;
  const Sums children = sums_of(run.report, "true");
  EXPECT_EQ(children.processes, account.at("result").get<size_t>());
  const double all_s = run.report.at("recording").at("cpu_s").get<double>();
  expect_most_of(all_s, account.at("cpu_s").get<double>() + account.at("children_cpu_s").get<double>());
  // The samples lie where the CPU time was.
  const double stored = samples.at("stored").get<double>();
  const double share = children.cpu_s / all_s;
  EXPECT_NEAR(children.samples / stored, share, half_width_9999(share, stored) + 0.01);
}

TEST_F(ManyProcesses, AreSampledEvenlyOverTheirShortLives) {
  STROBE_NEED_PERF();
  if (!per_cpu_is_allowed()) GTEST_SKIP() << "sampling whole CPUs is not permitted here";
  const StrobeRun run = run_strobe(strobe_run({STROBE_CHILDREN_TARGET, "short", "2000"}, {"--per-cpu"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.truth.is_object());
  const FunctionAmount first = amount_of(run.report, "first_half", "total");
  const FunctionAmount second = amount_of(run.report, "second_half", "total");
  const double first_s = run.truth.at("first_half").get<double>();
  const double second_s = run.truth.at("second_half").get<double>();
  const auto samples = static_cast<double>(first.samples + second.samples);
  const double rate_hz = run.report.at("quality").at("rate_hz").get<double>();
  ASSERT_GT(samples, 0.7 * rate_hz * (first_s + second_s));
  // Every part of a short life has its samples.
  const double share = first_s / (first_s + second_s);
  EXPECT_NEAR(static_cast<double>(first.samples) / samples, share, half_width_9999(share, samples) + 0.05);
  EXPECT_GE(run.report.at("quality").at("samples").at("stored").get<double>(),
            0.9 * run.report.at("quality").at("samples").at("expected").get<double>());
}

TEST_F(ManyProcesses, MakeStrobeSampleByCpuByItself) {
  STROBE_NEED_PERF();
  if (!per_cpu_is_allowed()) GTEST_SKIP() << "sampling whole CPUs is not permitted here";
  // Short beside the time between two samples: half a millisecond, three times as much where forks are dear.
  const StrobeRun run = run_strobe(strobe_run({STROBE_MANY_PROCESSES, "1"}, {"-r", "200"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("quality").value("engine", ""), "perf per-cpu");
  const auto& samples = run.report.at("quality").at("samples");
  EXPECT_GE(samples.at("stored").get<double>(), 0.8 * samples.at("expected").get<double>()) << samples.dump();
}

TEST_F(ManyProcesses, AreAccountedForByNameElsewhere) {
  if (!can_have(Rights::ordinary_user)) GTEST_SKIP() << "only root can become an ordinary user";
  if (!perf_is_allowed_for(Rights::ordinary_user)) GTEST_SKIP() << "ordinary users have no perf events here";
  if (perf_event_paranoid() <= 0) GTEST_SKIP() << "everybody may sample whole CPUs here";
  const UserPlace place(folder(), Rights::ordinary_user);
  StrobeCommand command;
  command.strobe = place.bring(kStrobe);
  command.folder = place.path();
  command.wrapper = wrapper_for(Rights::ordinary_user);
  command.options = {"-r", "200"};  // they are short beside the time between two samples, as above
  command.command = {place.bring(STROBE_MANY_PROCESSES), "1"};
  const StrobeRun run = run_strobe(command);
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("quality").value("engine", ""), "perf");

  const json account = account_of(run);
  ASSERT_TRUE(account.is_object()) << run.program.err;
  const double children_s = account.at("children_cpu_s").get<double>();
  const Sums children = sums_of(run.report, "true");
  EXPECT_EQ(children.processes, account.at("result").get<size_t>());
  expect_most_of(children.cpu_s, children_s);

  double unsampled_s = 0;
  size_t unsampled = 0;
  for (const json& row : run.report.at("quality").at("processes").at("unsampled")) {
    if (row.value("command", "") != "true") continue;
    unsampled_s = row.at("cpu_s").get<double>();
    unsampled = row.at("count").get<size_t>();
  }
  size_t sampled = 0;
  for (const json& process : run.report.at("processes")) {
    bool any = false;
    for (const json& thread : process.at("threads")) any = any || thread.value("samples", 0) > 0;
    sampled += any && process.value("command", "") == "true" ? 1 : 0;
  }
  EXPECT_EQ(unsampled + sampled, children.processes);
  EXPECT_GT(unsampled_s, 0.5 * children_s);
  EXPECT_LE(unsampled_s, children.cpu_s + 1e-6);
  EXPECT_NE(run.program.err.find("ran without being sampled"), std::string::npos) << run.program.err;
}

}  // namespace
}  // namespace strobe::test
