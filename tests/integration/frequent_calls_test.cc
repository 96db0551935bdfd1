// A thread that makes a system call every microsecond is sampled as fairly as one that makes none. With
// ptrace that is not a matter of course: the interrupt takes longer than that to reach another CPU, so that
// the thread is always found at a call, which is not where it spends its time.
#include <gtest/gtest.h>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class FrequentCalls : public Integration, public ::testing::WithParamInterface<const char*> {};

TEST_P(FrequentCalls, CostNoSamples) {
  if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  // On two CPUs where there are two: that is where interrupts come late.
  const bool two = ChildProgram({"taskset", "-c", "1", "true"}).finish().status == 0;
  StrobeCommand command =
      strobe_run({"taskset", "-c", two ? "1" : "0", STROBE_FREQUENT_CALLS}, {"--engine", GetParam()});
  command.wrapper = {"taskset", "-c", "0"};
  const StrobeRun run = run_strobe(command);
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  const double with_s = run.truth.at("with_calls").get<double>();
  const double without_s = run.truth.at("without_calls").get<double>();
  const FunctionAmount with = amount_of(run.report, "with_calls", "total");
  const FunctionAmount without = amount_of(run.report, "without_calls", "total");
  // Not all of its kernel time can be told apart, so it may have somewhat less than its part.
  EXPECT_NEAR(with.share / (with.share + without.share), with_s / (with_s + without_s), 0.17);
}

INSTANTIATE_TEST_SUITE_P(Both, FrequentCalls, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
