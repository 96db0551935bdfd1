// Several interpreters in one process: what one of them runs for another is above it in one stack, whichever
// GIL it has.
#include <gtest/gtest.h>
#include <unistd.h>

#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class PythonSubinterpreters : public PythonIntegration,
                              public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {};

TEST_P(PythonSubinterpreters, OfOneThreadAreOneStack) {
  const auto& [mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  std::vector<std::string> command = interpreter.command;
  command.insert(command.end(), {std::string(STROBE_PYTHON_SUPPORT) + "/subinterpreter_work.py", "1"});
  const StrobeRun run = run_strobe(in_mode(mode, command));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object());
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  expect_quality_invariants(run.report);
  expect_full_python(run.report, full_share(mode));

  const double inside = amount_of(run.report, "inside").seconds;
  const double before = amount_of(run.report, "before").seconds;
  const double true_inside = run.truth.at("functions").at("inside");
  const double true_before = run.truth.at("functions").at("before");
  const double share = true_inside / (true_inside + true_before);
  ASSERT_GT(before, 0);
  const double samples = run.report.at("recording").value("samples", 0.0);
  EXPECT_NEAR(inside / (inside + before), share, half_width_9999(share, samples) + 0.03);
  // One in a hundred may be a sample between the two, of which Python says that it enters or leaves one.
  EXPECT_GE(seconds_of_path(run.report, {"main", "outer", "inside"}), 0.99 * inside);
  EXPECT_GE(seconds_of_path(run.report, {"main", "before"}), 0.99 * before);
  EXPECT_EQ(seconds_of_path(run.report, {"inside", "outer"}), 0) << "upside down";
}

INSTANTIATE_TEST_SUITE_P(Python, PythonSubinterpreters,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped),
                                            ::testing::Values("3.9", "3.11", "3.12", "3.13", "3.13t", "3.14",
                                                              "3.14t", "3.15")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  test_name_of(std::get<1>(parameter.param));
                         });

}  // namespace
}  // namespace strobe::test
