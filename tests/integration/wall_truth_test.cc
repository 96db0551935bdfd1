// Where wall time goes, by recordings with --wall, against what the workloads measured of themselves in the
// same run. Nothing here depends on how busy the machine is: time ready to run is taken off on both sides.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "integration_fixture.h"
#include "python_fixture.h"
#include "report_checks.h"
#include "wall_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// What a thread says of itself, and how near to that the report has to be.
struct Truth {
  const char* thread;
  std::initializer_list<const char*> states;  ///< compared as one sum
  double tolerance = 0.02;                    ///< relative
};

class WallTruth : public PythonIntegration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const std::vector<std::string>& command) const {
    return run_strobe(strobe_run(command, {"--wall", "--engine", GetParam()}));
  }
  /// The ptrace engine sees no switches: it meets short waits by chance, and says of the rest that it is
  /// unknown.
  [[nodiscard]] static bool is_looking() { return std::string(GetParam()) == "ptrace"; }
  [[nodiscard]] static double tolerance_of(const Truth& expected) {
    return is_looking() ? 0.15 : expected.tolerance;
  }

  /// `gil`: threads of Python have to get the GIL back before they can read a clock again. Their own figure
  /// of a blocking call is the wait and some of the time that the report says they waited for the GIL.
  static void expect_truth(const StrobeRun& run, const Truth& expected, bool gil = false) {
    const json& truth = run.truth.at("threads").at(expected.thread).at("states");
    const json thread = find_thread(run.report, expected.thread);
    ASSERT_TRUE(thread.is_object()) << expected.thread;
    const json& states = thread.at("states");
    const double true_seconds = seconds_of(truth, expected.states);
    const double seen = seconds_of(states, expected.states);
    const double most =
        seen + (is_looking() ? seconds_of(states, {"unknown"}) : 0) + (gil ? seconds_of(states, {"gil"}) : 0);
    // Clocks are read outside of the waits, and threads wait a little before and behind what they measure.
    const double margin = true_seconds * tolerance_of(expected) + (gil ? 0.02 : 0.005) + run.stolen_s;
    // A thread of Python waits for the GIL before it can read its first clock, and after its last one.
    const double own_life = run.truth.at("threads").at(expected.thread).at("life_s").get<double>();
    const double outside = std::max(0.0, sum_states(states) - own_life);
    const std::string what =
        std::string(expected.thread) + ": truth " + truth.dump() + " report " + states.dump();
    EXPECT_LE(seen, true_seconds + margin + outside) << what;
    EXPECT_GE(most, true_seconds - margin) << what;
  }

  /// By the program's own clocks: that the states add up is not so by construction.
  static void expect_own_clocks(const StrobeRun& run, double birth) {
    for (const auto& [name, truth] : run.truth.at("threads").items()) {
      const json thread = find_thread(run.report, name);
      ASSERT_TRUE(thread.is_object()) << name;
      const json& states = thread.at("states");
      const double life = truth.at("life_s").get<double>();
      const std::string what = name + ": truth " + truth.dump() + " report " + states.dump();
      // A thread's own clock begins a little behind its birth.
      EXPECT_GE(sum_states(states), life * 0.995 - 0.002) << what;
      EXPECT_LE(sum_states(states), life * 1.005 + birth) << what;
      const json& true_states = truth.at("states");
      // What came before the own clock is in one of these. Time that a hypervisor takes away is on the CPU by
      // the records of switches, and in no thread's own clock.
      for (const auto& [state, margin] :
           {std::pair{"on_cpu", 0.005}, {"runnable", is_looking() ? 0.05 : 0.01}}) {
        const double own = true_states.value(state, 0.0);
        EXPECT_GE(states.value(state, 0.0), own - life * margin - run.stolen_s) << state << " of " << what;
        EXPECT_LE(states.value(state, 0.0), own + life * margin + std::min(birth, 0.02) + run.stolen_s)
            << state << " of " << what;
      }
    }
  }
};

TEST_P(WallTruth, NativeThreadsWaitForWhatTheySay) {
  const StrobeRun run = record({workload("waiting"), "2"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object() && run.truth.is_object()) << run.program.err;
  expect_quality_invariants(run.report);
  expect_lives(run.report);
  expect_own_clocks(run, 0.02);
  expect_equal_sums(run.report);
  if (!is_looking()) expect_known(run.report, 0.05);
  for (const Truth& truth : {Truth{"sleeper", {"sleep"}}, Truth{"giver", {"sleep"}}, Truth{"reader", {"io"}},
                             Truth{"holder", {"sleep"}}, Truth{"turner", {"lock", "cond"}},
                             Truth{"parent", {"child"}}, Truth{"wanter", {"lock", "sleep"}}}) {
    expect_truth(run, truth);
  }
  if (is_looking()) return;  // waits of 1 ms between those for the lock are met by chance
  expect_truth(run, Truth{"wanter", {"lock"}});
  expect_truth(run, Truth{"wanter", {"sleep"}});
}

/// Where the kernel tells: who lets go of the lock wakes who wants it, and who writes wakes who reads.
void expect_wakers(const json& concurrency, const json& lock) {
  if (concurrency.at("runnable_source") != "sched_wakeup") {
    EXPECT_TRUE(lock.at("wakers").empty() && concurrency.at("wakings").empty());
    return;
  }
  ASSERT_FALSE(lock.at("wakers").empty()) << lock.dump();
  EXPECT_EQ(lock.at("wakers").front().at("name"), "holder") << lock.dump();
  const json& wakings = concurrency.at("wakings");
  EXPECT_TRUE(std::any_of(wakings.begin(), wakings.end(), [](const json& waking) {
    return waking.at("waker_name") == "giver" && waking.at("woken_name") == "reader" &&
           waking.at("state") == "io" && waking.at("seconds") > 0.5;
  })) << wakings.dump();
}

TEST_P(WallTruth, TheLockHasWaitersAndAHolderThatSleeps) {
  const StrobeRun run = record({workload("waiting"), "2"});
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  const json& locks = run.report.at("concurrency").at("locks");
  const auto found = std::find_if(locks.begin(), locks.end(), [](const json& lock) {
    return lock.at("kind") == "lock" && !lock.at("waiters").empty() &&
           lock.at("waiters").front().at("name") == "wanter";
  });
  ASSERT_NE(found, locks.end()) << locks.dump();
  // It is not known of every wait who had the lock, but of none is it said to be another thread.
  EXPECT_GT(found->at("owner_known_s").get<double>(), 0) << found->dump();
  double asleep = 0;
  for (const json& holder : found->at("holders")) {
    if (holder.at("thread").is_null()) continue;
    EXPECT_EQ(holder.at("name"), "holder") << found->dump();
    if (holder.at("state") == "sleep") asleep += holder.at("seconds").get<double>();
  }
  EXPECT_GT(asleep, 0) << found->dump();
  expect_wakers(run.report.at("concurrency"), *found);
}

TEST_P(WallTruth, PythonThreadsWaitForWhatTheySay) {
  STROBE_NEED_PYTHON(interpreter, kDebianPython);
  const StrobeRun run = record(python(interpreter, "waiting.py", {"2"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object() && run.truth.is_object()) << run.program.err;
  expect_quality_invariants(run.report);
  expect_lives(run.report);
  expect_own_clocks(run, 0.1);
  expect_equal_sums(run.report);
  if (!is_looking()) expect_known(run.report, 0.05);
  for (const Truth& truth : {Truth{"counter-1", {"gil"}, 0.05}, Truth{"counter-2", {"gil"}, 0.05}})
    expect_truth(run, truth);
  for (const Truth& truth :
       {Truth{"sleeper", {"sleep"}}, Truth{"reader", {"io"}}, Truth{"wanter", {"lock", "cond"}}})
    expect_truth(run, truth, true);
  const json& gil = run.report.at("concurrency").at("gil");
  ASSERT_EQ(gil.size(), 1u) << gil.dump();
  EXPECT_GT(gil.front().at("held_s").get<double>(), 0);
  ASSERT_FALSE(gil.front().at("waiters").empty());
  ASSERT_FALSE(gil.front().at("holders").empty());
}

TEST_P(WallTruth, ViewsOfWaitingAreText) {
  const StrobeRun run = record({workload("waiting"), "0.5"});
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  EXPECT_NE(run.program.err.find("on-cpu"), std::string::npos) << run.program.err;  // the summary has states
  for (const char* view : {"locks", "gil", "threads"}) {
    const ProgramResult shown = strobe({"report", run.recording, view});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_FALSE(shown.out.empty());
  }
  const ProgramResult sleeping = strobe({"report", "--state", "sleep", run.recording, "functions"});
  EXPECT_EQ(sleeping.status, 0) << sleeping.err;
  EXPECT_NE(sleeping.out.find("state sleep"), std::string::npos) << sleeping.out;
}

INSTANTIATE_TEST_SUITE_P(Engines, WallTruth, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class WithoutWall : public Integration {};

TEST_F(WithoutWall, ViewsOfWaitingSayWhatIsMissing) {
  const StrobeRun run = run_strobe(strobe_run({"/bin/true"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"locks"}, {"gil"}, {"functions", "--wall"}, {"tree", "--state", "lock"}}) {
    std::vector<std::string> arguments = {"report", run.recording};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const ProgramResult refused = strobe(arguments);
    EXPECT_EQ(refused.status, 125) << refused.out;
    EXPECT_NE(refused.err.find("--wall"), std::string::npos) << refused.err;
    EXPECT_TRUE(refused.out.empty()) << refused.out;
  }
}

}  // namespace
}  // namespace strobe::test
