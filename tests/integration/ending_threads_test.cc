// Many threads that end at one moment can make the kernel stop writing the records of a CPU for good:
// sampling has to go on all the same, and what was lost has to be counted. And threads that end while their
// process does.
#include <gtest/gtest.h>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class EndingThreads : public Integration {};

TEST_F(EndingThreads, DoNotEndSampling) {
  STROBE_NEED_PERF();
  const StrobeRun run =
      run_strobe(strobe_run({STROBE_ENDING_THREADS, "200", "10", "700000000"}, {"--engine", "perf"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_true_cpu_seconds(run, 0.15);  // the kernel can lose last records of threads, with their CPU time
  // By now the rings are replaced, however late Strobe came to it: one that stays dead loses half of these.
  // Where all is well a sample comes with every period of CPU time.
  const double end_s = run.truth.at("work_at_the_end_s");
  const FunctionAmount end = amount_of(run.report, "work_at_the_end", "total");
  EXPECT_GE(static_cast<double>(end.samples), 0.9 * 1000 * end_s) << run.report.at("quality").dump(1);
  // The threads' CPU time is exact, whatever was lost, and divided by their own samples.
  const double both_s = end_s + run.truth.at("work_for_long_s").get<double>();
  const double found_s = end.seconds + amount_of(run.report, "work_for_long", "total").seconds;
  EXPECT_NEAR(found_s, both_s, 0.12 * both_s);
}

/// A traced thread that another one's exit_group kills has to be collected by its tracer, or its process
/// never ends in the eyes of its parent.
TEST_F(EndingThreads, DoNotKeepTheirProcessFromEnding) {
  const StrobeRun run = run_strobe(strobe_run({STROBE_RACING_EXITS, "300"}, {"--engine", "ptrace"}));
  EXPECT_FALSE(run.program.timed_out);
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(run.truth.value("children", 0), 300);
  expect_quality_invariants(run.report);
}

}  // namespace
}  // namespace strobe::test
