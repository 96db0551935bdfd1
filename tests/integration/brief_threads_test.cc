// By ptrace a thread that ends at once can be seen to start, run and end before its parent's stop tells of
// its birth, while procfs still shows it: it is one thread all the same.
#include <gtest/gtest.h>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class BriefThreads : public Integration {};

TEST_F(BriefThreads, AreEachSeenOnceByPtrace) {
  const StrobeRun run = run_strobe(strobe_run({STROBE_BRIEF_THREADS, "3000"}, {"--engine", "ptrace"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  ASSERT_EQ(run.report.at("processes").size(), 1U);
  EXPECT_EQ(run.report.at("processes")[0].at("threads").size(),
            run.truth.at("threads").get<size_t>() + 1);  // and the main thread
}

}  // namespace
}  // namespace strobe::test
