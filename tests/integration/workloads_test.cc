// Every native sample workload in both engines against the ground truth that it prints itself.
#include <gtest/gtest.h>

#include <tuple>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

struct Case {
  const char* name;  ///< of the test
  const char* program;
  std::vector<std::string> arguments;
  double tolerance = 0.01;         ///< of shares, beside the 99.99 % interval: start-up, the clock's own cost
  double complete = 0.99;          ///< least share of whole stacks
  double ptrace_tolerance = 0.03;  ///< the ptrace engine samples by its own clock, after wake-ups
};

std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

const Case kCases[] = {
    {"two_functions", "two_functions", {"1"}},
    {"recursion_40", "recursion", {"1", "40"}},
    // 400 KB of stack: beyond the copy, the rest is read from the live thread where that is allowed.
    {"recursion_5000", "recursion", {"1", "5000"}, 0.01, 0.0},
    {"mutual_recursion", "mutual_recursion", {"1"}},
    // Threads of 5 ms have a handful of samples each: the rest of a thread is `[too short to sample]`.
    {"threads_many", "threads_many", {"1"}, 0.03, 0.99, 0.10},
    {"process_tree", "process_tree", {"1.5"}, 0.03, 0.99, 0.06},
    {"two_threads", "two_threads", {"1"}},
    {"no_frame_pointers", "no_frame_pointers", {"1"}},
    {"static_binary", "static_binary", {"1"}},
    {"static_pie", "static_pie", {"1"}},
    {"non_pie", "non_pie", {"1"}},
    {"stripped", "stripped", {"1"}},
    {"late_dlopen", "late_dlopen", {"1"}},
    {"inlined", "inlined", {"1"}},
    {"contended_mutex", "contended_mutex", {"1"}, 0.02, 0.99, 0.06},
    {"signal_handler", "signal_handler", {"1"}},
    // The copied bytes are of the signal stack; what was interrupted lies on another one.
    {"signal_altstack", "signal_handler", {"1", "altstack"}, 0.01, 0.0},
    {"exceptions_virtual", "exceptions_virtual", {"1"}},
    {"one_byte_reads", "one_byte_reads", {"1"}, 0.02, 0.99, 0.06},
    {"random_slices", "random_slices", {"1"}, 0.015},
};

class Workloads : public Integration, public ::testing::WithParamInterface<std::tuple<Case, const char*>> {};

TEST_P(Workloads, HaveTheirTrueShares) {
  const auto& [test, engine] = GetParam();
  const bool perf = std::string(engine) == "perf";
  if (perf) STROBE_NEED_PERF();
  std::vector<std::string> command = {workload(test.program)};
  command.insert(command.end(), test.arguments.begin(), test.arguments.end());
  const StrobeRun run = run_strobe(strobe_run(command, {"--engine", engine}));

  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_true_cpu_seconds(run, perf ? 0.02 : 0.05);
  expect_true_shares(run, perf ? test.tolerance : test.ptrace_tolerance);
  // Of stacks that end early, callers are missing: their total times are too low, and the report says so.
  if (test.complete > 0) expect_true_totals(run, perf ? test.tolerance : test.ptrace_tolerance);
  expect_complete_stacks(run.report, test.complete);
}

INSTANTIATE_TEST_SUITE_P(Native, Workloads,
                         ::testing::Combine(::testing::ValuesIn(kCases), ::testing::Values("perf", "ptrace")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  std::get<1>(parameter.param);
                         });

/// Both engines, for what the shares do not say.
class Engines : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] StrobeRun record(const std::vector<std::string>& command) const {
    return run_strobe(strobe_run(command, {"--engine", GetParam()}));
  }
};

TEST_P(Engines, TellInlinedFunctionsApart) {
  const StrobeRun run = record({workload("inlined"), "0.5"});
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  for (const char* name : {"inner_inlined", "middle_inlined", "outer_function"}) {
    EXPECT_TRUE(amount_of(run.report, name).found) << name;
  }
  EXPECT_NEAR(amount_of(run.report, "outer_function", "total").share, 1, 0.05);
}

TEST_P(Engines, CallHiddenFunctionsByNoName) {
  const StrobeRun run = record({workload("stripped"), "0.5"});
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  // 40 % belong to a function without a symbol; its neighbours in .dynsym must not get them.
  EXPECT_LT(amount_of(run.report, "exported_work").share, 0.75);
  EXPECT_LT(amount_of(run.report, "main").share, 0.2);
  EXPECT_GT(run.report.at("quality").at("symbols").value("missing", 0), 0);
}

TEST_P(Engines, SeeEveryThreadOfAThousand) {
  const StrobeRun run = record({workload("threads_many"), "2", "1000"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  size_t threads = 0;
  for (const auto& process : run.report.at("processes")) threads += process.at("threads").size();
  const size_t truth = run.truth.at("threads").get<size_t>() + 1;  // and the main thread
  EXPECT_LE(threads, truth);
  // Among so many runnable threads an ordinary user's Strobe, which cannot raise its priority, may come too
  // late to its rings: then it is said.
  const auto& quality = run.report.at("quality");
  const bool said = quality.at("samples").at("lost_kernel") > 0 || !quality.at("warnings").empty();
  EXPECT_TRUE(threads == truth || said) << threads << " of " << truth << quality.dump(1);
}

TEST_P(Engines, SeeEveryProcessOfATree) {
  const StrobeRun run = record({workload("process_tree"), "0.6", "3"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(run.report.at("processes").size(), 15U);
  size_t execed = 0;
  for (const auto& process : run.report.at("processes")) {
    // The name after an exec of /proc/self/exe is "exe", and its forked children inherit it.
    execed += process.value("command", "") != "process_tree" ? 1 : 0;
  }
  EXPECT_EQ(execed, 11U) << "all but the four of the line that only forked";
}

TEST_P(Engines, NameTheThreads) {
  const StrobeRun run = record({workload("two_threads"), "0.5"});
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  std::vector<std::string> names;
  for (const auto& thread : run.report.at("processes").at(0).at("threads"))
    names.push_back(thread.at("name"));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"compress", "render", "two_threads"}));
}

INSTANTIATE_TEST_SUITE_P(Both, Engines, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
