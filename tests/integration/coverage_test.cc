// How often the stated 95 % interval of a share covers the truth: in 92 to 98 % of the pairs of a function
// and a run. 20 functions x 30 runs: the spread of the coverage itself is 0.9 %.
#include <gtest/gtest.h>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class Coverage : public Integration {};

TEST_F(Coverage, OfTheIntervalIsWhatItSays) {
  STROBE_NEED_PERF();
  int covered = 0;
  int pairs = 0;
  for (int seed = 1; seed <= 30; ++seed) {
    StrobeCommand command =
        strobe_run({workload("random_slices"), "0.4", std::to_string(seed)}, {"--engine", "perf", "--force"});
    const StrobeRun run = run_strobe(command);
    ASSERT_TRUE(run.report.is_object()) << run.program.err;
    const double cpu_s = run.truth.at("cpu_s").get<double>();
    for (const auto& [name, seconds] : run.truth.at("functions").items()) {
      const double truth = seconds.get<double>() / cpu_s;
      double low = 0;
      double high = half_width_9999(0, run.report.at("recording").value("samples", 0.0));
      for (const auto& row : run.report.at("functions")) {
        if (row.value("name", "") != name) continue;
        low = row.at("self").at("low");
        high = row.at("self").at("high");
      }
      covered += low <= truth && truth <= high ? 1 : 0;
      ++pairs;
    }
  }
  ASSERT_EQ(pairs, 600);
  EXPECT_GE(covered, pairs * 92 / 100);
  EXPECT_LE(covered, pairs * 98 / 100);
  RecordProperty("covered_of_600", covered);
}

}  // namespace
}  // namespace strobe::test
