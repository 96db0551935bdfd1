// Whether Python's stacks are true, in each way of reading them: programs whose frames tell impossible stacks
// from possible ones, a split that a sampler which drops what it cannot read gets wrong, and lines of known
// cost.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <tuple>

#include "python_fixture.h"
#include "python_oracle.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

std::string support(const std::string& name) { return std::string(STROBE_PYTHON_SUPPORT) + "/" + name; }

/// The oracle itself: it must be able to say no.
TEST(PythonOracleItself, KnowsWhatCannotBe) {
  const PythonOracle words(support("oracle_recursion.py"));
  const auto spell = [](uint32_t word, int levels) {
    // level_k begins at line 11 + 6 k; the first call is two lines below, the second one three.
    std::vector<OracleFrame> stack = {{true, "<module>", 0}, {true, "main", 0}};
    for (int k = 0; k < levels; ++k) {
      const auto line = static_cast<uint32_t>(11 + 6 * k + ((word >> k & 1U) != 0 ? 2 : 3));
      stack.push_back({true, "level_" + std::to_string(k), line});
    }
    return stack;
  };
  const auto with_roots = [&](std::vector<OracleFrame> stack) {
    std::ifstream in(support("oracle_recursion.py"));
    std::string text;
    for (uint32_t line = 1; std::getline(in, text); ++line) {
      if (text.ends_with("# CALLS: main")) stack[0].line = line;
      if (text.ends_with("# CALLS: level_0")) stack[1].line = line;
    }
    return stack;
  };
  std::vector<OracleFrame> right = with_roots(spell(5 | (5 * 7 % 16) << 6, 10));
  right.push_back({true, "leaf", 1});
  EXPECT_EQ(words.fault_of(right), "");
  std::vector<OracleFrame> wrong = with_roots(spell(5 | (6 * 7 % 16) << 6, 10));
  wrong.push_back({true, "leaf", 1});
  EXPECT_NE(words.fault_of(wrong), "") << "the outer part of one call and the inner one of another";
  EXPECT_EQ(words.fault_of(with_roots(spell(9, 4))), "") << "the innermost frames may be missing";
  right.erase(right.begin() + 5);
  EXPECT_NE(words.fault_of(right), "") << "a frame is missing in the middle";
  right.erase(right.begin());
  EXPECT_NE(words.fault_of(right), "") << "the root is missing";
}

class PythonOracles : public PythonIntegration,
                      public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {
 protected:
  /// Two seconds of a script of tests/integration/support; the report, or null where the test is over.
  json record(const Interpreter& interpreter, const std::string& name,
              const std::vector<std::string>& options) {
    const PythonMode& mode = std::get<0>(GetParam());
    std::vector<std::string> words = interpreter.command;
    // With few imports: what a module's body leaves behind is freed, and its address used again, at once.
    words.insert(words.end(), {"-I", "-S", support(name), "2"});
    const StrobeRun run = run_strobe(in_mode(mode, words, options));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    if (!run.report.is_object() || run.program.status != 0) return {};
    truth_ = run.truth;
    obstacle_ = mode_obstacle(mode, run.report);
    expect_quality_invariants(run.report);
    return run.report;
  }
  [[nodiscard]] bool running() const { return std::string(std::get<0>(GetParam()).name) == "running"; }
  /// Stops slow a program down more than looks do.
  [[nodiscard]] const char* rate() const {
    return std::string(std::get<0>(GetParam()).name) == "stopped" ? "2k" : "5k";
  }

  json truth_;
  std::string obstacle_;
};

#define RECORD_OR_SKIP(report, ...)                         \
  STROBE_NEED_MODE(std::get<0>(GetParam()));                \
  STROBE_NEED_PYTHON(interpreter, std::get<1>(GetParam())); \
  const json report = record(interpreter, __VA_ARGS__);     \
  if (!obstacle_.empty()) GTEST_SKIP() << obstacle_;        \
  ASSERT_TRUE(report.is_object())

TEST_P(PythonOracles, FindNoImpossibleStackInMixedCode) {
  RECORD_OR_SKIP(report, "oracle_mixed.py", {"-r", rate()});
  const OracleVerdict verdict = PythonOracle(support("oracle_mixed.py")).judge(report);
  EXPECT_GT(verdict.judged, 1500U) << report.at("quality").dump(1);
  const double allowed = running() ? 0.005 * static_cast<double>(verdict.judged) : 0;
  EXPECT_LE(static_cast<double>(verdict.impossible), allowed)
      << "of " << verdict.judged << ": " << verdict.example;
  if (!running()) expect_full_python(report, 0.995);
}

TEST_P(PythonOracles, FindNoImpossibleStackInQuickRecursion) {
  RECORD_OR_SKIP(report, "oracle_recursion.py", {"-r", rate()});
  const OracleVerdict verdict = PythonOracle(support("oracle_recursion.py")).judge(report);
  EXPECT_GT(verdict.judged, 1500U) << report.at("quality").dump(1);
  const double allowed = running() ? 0.001 * static_cast<double>(verdict.judged) : 0;
  EXPECT_LE(static_cast<double>(verdict.impossible), allowed)
      << "of " << verdict.judged << ": " << verdict.example;
  if (!running()) expect_full_python(report, 0.995);
}

TEST_P(PythonOracles, SplitEvenlyWhatIsEven) {
  RECORD_OR_SKIP(report, "split_evenly.py", {"-r", "2k"});
  const FunctionAmount fib = amount_of(report, "fib", "total");
  const FunctionAmount leafy = amount_of(report, "leafy", "total");
  const double samples = static_cast<double>(fib.samples + leafy.samples);
  EXPECT_GT(samples, 0.6 * report.at("recording").value("samples", 0.0)) << "the rest reads the clock";
  const json& truth = truth_.at("functions");
  const double share =
      truth.at("fib").get<double>() / (truth.at("fib").get<double>() + truth.at("leafy").get<double>());
  // The ptrace engine samples by its own clock, after wake-ups.
  const double tolerance = std::string(std::get<0>(GetParam()).engine) == "perf" ? 0.01 : 0.03;
  EXPECT_NEAR(static_cast<double>(fib.samples) / samples, share, half_width_9999(share, samples) + tolerance);
}

TEST_P(PythonOracles, PutLinesOfKnownCostWhereTheyAre) {
  RECORD_OR_SKIP(report, "known_lines.py", {"-r", "2k"});
  std::ifstream in(support("known_lines.py"));
  std::map<uint32_t, std::string> marks;
  std::string text;
  for (uint32_t line = 1; std::getline(in, text); ++line) {
    const size_t mark = text.find("  # COST: ");
    if (mark != std::string::npos) marks[line] = text.substr(mark + 10);
  }
  ASSERT_EQ(marks.size(), 3U);
  std::map<uint64_t, std::string> names = names_by_id(report);
  std::map<std::string, double> found;
  double whole = 0;
  for (const json& line : report.at("lines")) {
    if (names[line.at("function").get<uint64_t>()] != "loop") continue;
    const auto samples = line.at("total").at("samples").get<double>();
    const auto mark = marks.find(line.at("line").get<uint32_t>());
    found[mark == marks.end() ? "other" : mark->second] += samples;
    whole += samples;
  }
  ASSERT_GT(whole, 500);
  EXPECT_LE(found["other"] / whole, 0.02);
  for (const auto& [name, share] : truth_.at("lines").items()) {
    const double expected = share.get<double>();
    EXPECT_NEAR(found[name] / whole, expected, half_width_9999(expected, whole) + 0.02) << "line " << name;
  }
}

std::string name_of_test(const ::testing::TestParamInfo<PythonOracles::ParamType>& parameter) {
  return std::string(std::get<0>(parameter.param).name) + "_" + test_name_of(std::get<1>(parameter.param));
}
INSTANTIATE_TEST_SUITE_P(Modes, PythonOracles,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.11", "3.12", "3.13", "3.13t", "3.14",
                                                              "3.14t", "3.15", "3.15t")),
                         name_of_test);

}  // namespace
}  // namespace strobe::test
