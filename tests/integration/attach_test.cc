// `strobe attach`: to programs at work, idle, growing and ending; it ends in every way, and the targets never
// notice. What cannot be attached to is in attach_refusal_test.cc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class Attach : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] AttachedStrobe::Setup setup(std::vector<pid_t> pids,
                                            std::vector<std::string> options = {}) const {
    AttachedStrobe::Setup setup;
    setup.folder = folder();
    setup.options = std::move(options);
    setup.options.insert(setup.options.end(), {"--engine", GetParam()});
    setup.pids = std::move(pids);
    return setup;
  }
  /// Seventy and thirty share the time that was recorded as they share all of it.
  /// `least` samples must be there: few of them where only a duration bounds them and others want the CPU
  /// too.
  static void expect_seventy_thirty(const json& report, double least = 50) {
    ASSERT_TRUE(report.is_object());
    expect_quality_invariants(report);
    const double samples = report.at("recording").value("samples", 0.0);
    EXPECT_GT(samples, least);
    EXPECT_NEAR(amount_of(report, "seventy").share, 0.7, half_width_9999(0.7, samples) + 0.04);
    EXPECT_NEAR(amount_of(report, "thirty").share, 0.3, half_width_9999(0.3, samples) + 0.04);
    // The rest is the kernel's: interrupts, and on a busy machine the switches.
    EXPECT_GT(amount_of(report, "work", "total").share, 0.85);
  }
};

/// A program that works longer than any test, ready.
class BusyProgram {
 public:
  BusyProgram() : program_({workload("two_functions"), "600", "ready"}) {
    EXPECT_TRUE(program_.wait_for_output("ready"));
  }
  [[nodiscard]] pid_t pid() const { return program_.pid(); }

 private:
  ChildProgram program_;  // killed at the end
};

TEST_P(Attach, EndsWithTheTarget) {
  ChildProgram target({workload("two_functions"), "1.5", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  AttachedStrobe strobe(setup({target.pid()}));
  const StrobeRun run = strobe.finish();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_seventy_thirty(run.report);
  EXPECT_EQ(target.finish().status, 0);
}

TEST_P(Attach, EndsAfterTheDuration) {
  BusyProgram target;
  AttachedStrobe strobe(setup({target.pid()}, {"-d", "0.6"}));
  const StrobeRun run = strobe.finish();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_GE(run.report.at("recording").at("duration_s").get<double>(), 0.6);
  expect_seventy_thirty(run.report, 0);
  expect_unharmed(target.pid());
  EXPECT_TRUE(wait_for_work(target.pid(), 0.05)) << "it does not go on";
}

TEST_P(Attach, EndsAtAnInterruptAndTheTargetGoesOn) {
  BusyProgram target;
  AttachedStrobe strobe(setup({target.pid()}));
  ASSERT_TRUE(strobe.wait_until_recording());
  ASSERT_TRUE(wait_for_work(target.pid(), 0.4));
  const StrobeRun run = strobe.interrupt();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_seventy_thirty(run.report);
  expect_unharmed(target.pid());
  EXPECT_TRUE(wait_for_work(target.pid(), 0.05)) << "it does not go on";
}

TEST_P(Attach, TakesSeveralProcesses) {
  BusyProgram targets[3];
  AttachedStrobe strobe(setup({targets[0].pid(), targets[1].pid(), targets[2].pid()}));
  ASSERT_TRUE(strobe.wait_until_recording());
  for (const BusyProgram& target : targets) ASSERT_TRUE(wait_for_work(target.pid(), 0.2));
  const StrobeRun run = strobe.interrupt();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_seventy_thirty(run.report);
  ASSERT_EQ(run.report.at("processes").size(), 3U);
  for (const json& process : run.report.at("processes")) {
    EXPECT_GT(process.at("threads").at(0).value("samples", 0), 20) << process.dump();
  }
  for (const BusyProgram& target : targets) expect_unharmed(target.pid());
}

TEST_P(Attach, SeesThreadsAndChildrenBornLater) {
  ChildProgram target({STROBE_ATTACH_TARGET, "grow"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  AttachedStrobe strobe(setup({target.pid()}));
  ASSERT_TRUE(strobe.wait_until_recording());
  target.send(SIGUSR1);
  EXPECT_EQ(target.finish().status, 0);
  const StrobeRun run = strobe.finish();  // by itself: all targets are gone
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("processes").size(), 2U);
  EXPECT_TRUE(amount_of(run.report, "early_work").found);
  for (const char* name : {"late_thread_work", "late_child_work", "late_grandchild_work"}) {
    EXPECT_NEAR(seconds_with_kernel(run.report, name), 0.3, 0.06) << name;
  }
}

TEST_P(Attach, NeverInterruptsABlockedCall) {
  ChildProgram target({STROBE_ATTACH_TARGET, "blocked"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  // Main thread, seven in as many calls, and the busy one.
  ASSERT_TRUE(wait_until_blocked(target.pid(), 9, 1));
  for (int round = 0; round < 2; ++round) {
    AttachedStrobe strobe(setup({target.pid()}));
    ASSERT_TRUE(strobe.wait_until_recording());
    ASSERT_TRUE(wait_for_work(target.pid(), 0.4));
    const StrobeRun run = strobe.interrupt();
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(amount_of(run.report, "early_work").found);
    ASSERT_EQ(run.report.at("processes").size(), 1U);
    EXPECT_EQ(run.report.at("processes").at(0).at("threads").size(), 9U);
    expect_unharmed(target.pid());
  }
  target.send(SIGUSR1);
  const ProgramResult result = target.finish();
  EXPECT_EQ(result.status, 0);
  const json account = last_line_json(result.out);
  EXPECT_EQ(account.value("blocked", 0), 7);
  EXPECT_EQ(account.value("interrupted", -1), 0) << "calls returned EINTR";
}

TEST_P(Attach, TwiceAtTheSameTime) {
  BusyProgram target;
  AttachedStrobe first(setup({target.pid()}));
  ASSERT_TRUE(first.wait_until_recording());
  AttachedStrobe second(setup({target.pid()}));
  if (std::string(GetParam()) == "ptrace") {
    second.expect_refusal({"is already being traced", "--engine perf"});
  } else {
    ASSERT_TRUE(second.wait_until_recording());
    ASSERT_TRUE(wait_for_work(target.pid(), 0.3));
    expect_seventy_thirty(second.interrupt().report);
  }
  ASSERT_TRUE(wait_for_work(target.pid(), 0.3));
  const StrobeRun run = first.interrupt();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_seventy_thirty(run.report);
  expect_unharmed(target.pid());
}

TEST_P(Attach, AsAnOrdinaryUserTwice) {
  if (!can_have(Rights::ordinary_user)) GTEST_SKIP() << "only root can become an ordinary user";
  const bool perf = std::string(GetParam()) == "perf";
  if (perf && !perf_is_allowed_for(Rights::ordinary_user))
    GTEST_SKIP() << "no perf events for ordinary users";
  const UserPlace place(folder(), Rights::ordinary_user);
  std::vector<std::string> words = wrapper_for(Rights::ordinary_user);
  words.insert(words.end(), {place.bring(workload("two_functions")), "600", "ready"});
  ChildProgram target(words);
  ASSERT_TRUE(target.wait_for_output("ready"));
  AttachedStrobe::Setup with = setup({target.pid()});
  with.strobe = place.bring(kStrobe);
  with.folder = place.path();
  with.wrapper = wrapper_for(Rights::ordinary_user);
  AttachedStrobe first(with);
  ASSERT_TRUE(first.wait_until_recording());
  if (perf) {  // the second one has to do with what locked memory the first one left
    AttachedStrobe second(with);
    ASSERT_TRUE(second.wait_until_recording());
    ASSERT_TRUE(wait_for_work(target.pid(), 0.3));
    expect_seventy_thirty(second.interrupt().report);
  }
  ASSERT_TRUE(wait_for_work(target.pid(), 0.3));
  const StrobeRun run = first.interrupt();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_seventy_thirty(run.report);
  EXPECT_EQ(run.report.at("quality").at("kernel_sampled").get<bool>(), perf && perf_event_paranoid() <= 1);
  expect_unharmed(target.pid());
}

TEST_P(Attach, ToItsOwnParentLeavesItselfOut) {
  // The shell works while Strobe, its child, records it.
  const std::string strobe = std::string(kStrobe) + " attach -q --engine " + GetParam() + " -d 0.5 -o " +
                             file("parent.strobe") + " --json " + file("parent.json") + " $$ & ";
  ChildProgram shell({"sh", "-c", strobe + "while kill -0 $! 2>/dev/null; do :; done; wait $!"});
  const ProgramResult result = shell.finish();
  EXPECT_EQ(result.status, 0) << result.err;
  const json report = read_json(file("parent.json"));
  ASSERT_TRUE(report.is_object()) << result.err;
  expect_quality_invariants(report);
  ASSERT_EQ(report.at("processes").size(), 1U) << report.at("processes").dump(1);
  EXPECT_EQ(report.at("processes").at(0).value("pid", 0), shell.pid());
}

TEST_P(Attach, ToAProgramThatForksExecsAndEndsMeanwhile) {
  int recorded = 0;
  for (const char* rounds : {"0", "1", "3", "10", "30", "100"}) {
    ChildProgram target({STROBE_ATTACH_TARGET, "churn", rounds});
    ASSERT_TRUE(target.wait_for_output("ready"));
    AttachedStrobe strobe(setup({target.pid()}));
    const StrobeRun run = strobe.finish();
    EXPECT_EQ(target.finish().status, 0) << "after " << rounds;
    if (run.program.status == 0) {
      ++recorded;
      expect_quality_invariants(run.report);
    } else {  // it was gone, or ended between two looks
      EXPECT_EQ(run.program.status, 125) << run.program.err;
      EXPECT_EQ(run.program.err.rfind("strobe: ", 0), 0U) << run.program.err;
    }
  }
  EXPECT_GE(recorded, 1);
}

struct DebianProgram {
  const char* name;
  std::vector<std::string> command;
  std::vector<std::string> functions;  ///< names that must be in the table
};

TEST_P(Attach, ToDebianProgramsNamesTheirFunctions) {
  const DebianProgram programs[] = {
      {"gzip", {"sh", "-c", "exec gzip -9 </dev/zero >/dev/null"}, {"__libc_start_main_impl"}},
      {"sqlite3",
       {"sqlite3", ":memory:",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x * x % 7) FROM c;"},
       {"sqlite3VdbeExec"}},
      {"python3",
       {"/usr/bin/python3", "-c", "while True: sum(i * i for i in range(1000))"},
       {"<module>", "builtins.sum"}},
  };
  for (const DebianProgram& program : programs) {
    SCOPED_TRACE(program.name);
    if (ChildProgram({"sh", "-c", std::string("command -v ") + program.name}).finish().status != 0) continue;
    ChildProgram target(program.command);
    ASSERT_TRUE(wait_for_work(target.pid(), 0.2));  // at work, with its libraries loaded
    AttachedStrobe strobe(setup({target.pid()}));
    ASSERT_TRUE(strobe.wait_until_recording());
    ASSERT_TRUE(wait_for_work(target.pid(), 0.4));
    const StrobeRun run = strobe.interrupt();
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    expect_quality_invariants(run.report);
    expect_complete_stacks(run.report, 0.98);
    const double sampled = 1 - amount_of(run.report, "[kernel, not sampled]").share;
    for (const std::string& name : program.functions) {
      EXPECT_GT(amount_of(run.report, name, "total").share, 0.9 * sampled) << name << run.program.err;
      EXPECT_NE(run.program.err.find(name), std::string::npos) << "not in the table: " << run.program.err;
    }
    expect_unharmed(target.pid());
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Attach, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
