// How often the stated 95 % interval of a share covers the truth: in 92 to 98 % of the pairs of a function
// and a run, 20 functions a run. Of 600 pairs whose true coverage is 95 % the observed one differs by 0.9 %
// (standard deviation), of 2,400 by 0.45 %: so a verdict comes early only where it is clear, and at the
// limits from 2,400.
#include <gtest/gtest.h>

#include <cmath>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

constexpr int kRunsPerLook = 30;
constexpr int kMostRuns = 120;
constexpr double kWanted = 0.95;
constexpr double kTolerance = 0.03;

class Coverage : public Integration {};

/// Within the limits by more than chance explains (two standard deviations).
bool is_clear(int covered, int pairs) {
  const double deviation = std::sqrt(kWanted * (1 - kWanted) / pairs);
  return std::abs(static_cast<double>(covered) / pairs - kWanted) <= kTolerance - 2 * deviation;
}

TEST_F(Coverage, OfTheIntervalIsWhatItSays) {
  STROBE_NEED_PERF();
  int covered = 0;
  int pairs = 0;
  for (int seed = 1; seed <= kMostRuns; ++seed) {
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
    ASSERT_EQ(pairs, 20 * seed);
    if (seed % kRunsPerLook == 0 && is_clear(covered, pairs)) break;
  }
  EXPECT_NEAR(static_cast<double>(covered) / pairs, kWanted, kTolerance) << covered << " of " << pairs;
  RecordProperty("covered", covered);
  RecordProperty("pairs", pairs);
}

}  // namespace
}  // namespace strobe::test
