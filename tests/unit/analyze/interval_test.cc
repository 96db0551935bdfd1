#include <gtest/gtest.h>

#include <random>

#include "analyze/amounts.h"
#include "analyze/attribution.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

TEST(WilsonInterval, KnownValues) {
  // Agresti and Coull's textbook case: 0 of 10 gives 0…0.2775, 5 of 10 gives 0.2366…0.7634.
  EXPECT_NEAR(wilson_interval(0, 10).low, 0, 1e-9);
  EXPECT_NEAR(wilson_interval(0, 10).high, 0.2775, 1e-4);
  EXPECT_NEAR(wilson_interval(0.5, 10).low, 0.2366, 1e-4);
  EXPECT_NEAR(wilson_interval(0.5, 10).high, 0.7634, 1e-4);
  EXPECT_EQ(wilson_interval(0.5, 0).high, 1);
  EXPECT_EQ(wilson_interval(0.5, 0).low, 0);
}

TEST(WilsonInterval, CoversTheTruthAsOftenAsItSays) {
  std::mt19937 random(42);
  int covered = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const double truth = 0.05 + 0.9 * (trial % 10) / 10;
    std::binomial_distribution<int> draw(500, truth);
    const Interval interval = wilson_interval(draw(random) / 500.0, 500);
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  EXPECT_GT(covered, kTrials * 92 / 100);
  EXPECT_LT(covered, kTrials * 98 / 100);
}

/// Threads of very different weight: the effective number of samples has to pay for it.
TEST(EffectiveSamples, CoverageHoldsWithUnequalThreads) {
  std::mt19937 random(7);
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    // W = 9 s from 100 samples, 1 s from 900; both spend 30 % in the function.
    std::binomial_distribution<int> heavy(100, 0.3), light(900, 0.3);
    const double share = 0.9 * heavy(random) / 100 + 0.1 * light(random) / 900;
    const double effective = 100.0 / (81.0 / 100 + 1.0 / 900);
    const Interval interval = wilson_interval(share, effective);
    covered += interval.low <= 0.3 && 0.3 <= interval.high ? 1 : 0;
  }
  EXPECT_GT(covered, kTrials * 92 / 100);
  EXPECT_LT(covered, kTrials * 98 / 100);
}

TEST(EffectiveSamples, FollowsTheFormula) {
  test::ProfileBuilder b;
  const ModuleId app = b.module("/bin/app");
  const ProcessId process = b.process(1, "app");
  const StackId stack = b.stack({b.frame(b.function("f", "/m.c", 1, app))});
  b.samples(b.thread(process, 1, "heavy", 9), stack, 100);
  b.samples(b.thread(process, 2, "light", 1), stack, 900);
  const Profile profile = b.build();
  EXPECT_NEAR(attribute(profile, select_all(profile)).effective_samples, 100.0 / (81.0 / 100 + 1.0 / 900),
              1e-9);
}

}  // namespace
}  // namespace strobe::analyze
