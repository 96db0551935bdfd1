// Python and native frames in one stack: in the right order, the interpreter's own left out unless asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class PythonMixed : public PythonIntegration,
                    public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {
 protected:
  /// A second of a script; null where the test is over.
  json record(const Interpreter& interpreter, const char* name) {
    const PythonMode& mode = std::get<0>(GetParam());
    const StrobeRun run = run_strobe(in_mode(mode, python(interpreter, name, {"0.8"}), {"--force"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    if (run.program.status != 0 || !run.report.is_object()) return {};
    obstacle_ = mode_obstacle(mode, run.report);
    expect_full_python(run.report, full_share(mode));
    return run.report;
  }
  /// The report of the same recording with options.
  [[nodiscard]] json with(const std::vector<std::string>& options) const {
    std::vector<std::string> words = {"report", file("recording.strobe"), "--json", "-"};
    words.insert(words.end(), options.begin(), options.end());
    const ProgramResult result = strobe(words);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out, nullptr, false);
  }

  std::string obstacle_;
};

#define RECORD_OR_SKIP(report, ...)                         \
  STROBE_NEED_MODE(std::get<0>(GetParam()));                \
  STROBE_NEED_PYTHON(interpreter, std::get<1>(GetParam())); \
  const json report = record(interpreter, __VA_ARGS__);     \
  if (!obstacle_.empty()) GTEST_SKIP() << obstacle_;        \
  ASSERT_TRUE(report.is_object())

/// The largest share, with callees, of a function that is a part of the evaluator.
double evaluator_share(const json& report) {
  double share = 0;
  for (const json& row : report.at("functions")) {
    const std::string name = row.value("name", "");
    const bool evaluates = name.rfind("_PyEval_EvalFrame", 0) == 0 || name.rfind("PyEval_EvalCode", 0) == 0;
    if (evaluates && row.value("language", "") == "native")
      share = std::max(share, row.at("total").value("share", 0.0));
  }
  return share;
}

TEST_P(PythonMixed, StacksReadFromTopToBottom) {
  RECORD_OR_SKIP(report, "generators.py");
  const double all = report.at("recording").at("cpu_s").get<double>();
  const double read = amount_of(report, "read_numbers", "total").seconds;
  EXPECT_GT(read / all, 0.2);
  EXPECT_NEAR(
      seconds_of_path(report, {"<module>", "main", "drain", "square_all", "filter_odd", "read_numbers"}),
      read, 0.02 * all);
  EXPECT_LT(seconds_of_path(report, {"read_numbers", "filter_odd"}), 0.002 * all);
  EXPECT_NEAR(seconds_of_path(report, {"main", "feed", "running_mean"}),
              amount_of(report, "running_mean", "total").seconds, 0.01 * all);
  EXPECT_GT(seconds_of_path(report, {"leaves", "walk", "walk", "walk"}), 0.02 * all) << "yield from";
}

TEST_P(PythonMixed, TheInterpretersOwnFramesAreShownWhenAskedFor) {
  RECORD_OR_SKIP(report, "slots_and_dicts.py");
  // Before the interpreter is ready, after it ended, and where its frames could not be read, nothing stands
  // for its own ones.
  const json& python = report.at("quality").at("python");
  double all = 0;
  for (const char* outcome : {"full", "partial", "inconsistent", "unread"}) all += python.value(outcome, 0.0);
  EXPECT_LT(evaluator_share(report), 1 - python.value("full", 0.0) / all + 0.03);
  const double sampled = 1 - amount_of(report, "[kernel, not sampled]").share;
  EXPECT_GT(evaluator_share(with({"--interpreter-frames"})), 0.9 * sampled);
  const json pure = with({"--no-native"});
  for (const json& row : pure.at("functions")) {
    const std::string name = row.value("name", "");
    EXPECT_TRUE(row.value("language", "") == "python" || name.rfind('[', 0) == 0) << row.dump();
  }
  // Whatever is shown, the time is the same.
  EXPECT_NEAR(amount_of(pure, "sum_array", "total").seconds, amount_of(report, "sum_array", "total").seconds,
              1e-6);
}

TEST_P(PythonMixed, ALibraryStandsBelowThePythonThatCalledIt) {
  STROBE_NEED_PYTHON(needed, std::get<1>(GetParam()));
  if (!has_module(needed, "numpy")) GTEST_SKIP() << "this Python has no numpy";
  RECORD_OR_SKIP(report, "numpy_blas.py");
  std::map<uint64_t, json> rows;
  for (const json& row : report.at("functions")) rows[row.at("id").get<uint64_t>()] = row;
  double in_library = 0;
  for (const json& stack : report.at("stacks")) {
    const json& frames = stack.at("frames");
    bool multiplies = false;
    for (const json& frame : frames) {
      const json& row = rows.at(frame.at("function").get<uint64_t>());
      multiplies = multiplies || row.value("name", "") == "multiply";
    }
    const json& leaf = rows.at(frames.back().at("function").get<uint64_t>());
    if (multiplies && leaf.value("module", "").find("blas") != std::string::npos)
      in_library += stack.at("seconds").get<double>();
  }
  const double multiply = amount_of(report, "multiply", "total").seconds;
  EXPECT_GT(multiply, 0.1);
  EXPECT_GT(in_library, 0.9 * multiply) << "the leaves are BLAS's";
  EXPECT_LT(amount_of(report, "multiply", "self").seconds, 0.1 * multiply);
  EXPECT_NEAR(seconds_of_path(report, {"<module>", "main", "multiply"}), multiply, 0.02 * multiply);
}

std::string name_of_test(const ::testing::TestParamInfo<PythonMixed::ParamType>& parameter) {
  return std::string(std::get<0>(parameter.param).name) + "_" + test_name_of(std::get<1>(parameter.param));
}
INSTANTIATE_TEST_SUITE_P(Modes, PythonMixed,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.11", "3.11_shared", "3.12", "3.13", "3.13t",
                                                              "3.14", "3.14t", "3.15", "3.15t")),
                         name_of_test);
// Their frames are exact when the thread stands still.
INSTANTIATE_TEST_SUITE_P(OldPython, PythonMixed,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped),
                                            ::testing::Values("3.9", "3.10")),
                         name_of_test);

}  // namespace
}  // namespace strobe::test
