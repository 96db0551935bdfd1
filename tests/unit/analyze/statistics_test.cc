#include "analyze/statistics.h"

#include <gtest/gtest.h>

#include <random>

namespace strobe::analyze {
namespace {

Estimate share_estimate(double hits, double samples) {
  return {hits / samples, wilson_interval(hits / samples, samples)};
}

// Newcombe (1998), "Interval estimation for the difference between independent proportions", Table II: the
// intervals of method 10.
TEST(DifferenceInterval, AsPublished) {
  struct Case {
    double a, n_a, b, n_b, low, high;
  };
  for (const Case& c : {Case{48, 80, 56, 70, 0.0524, 0.3339}, Case{3, 10, 9, 10, 0.1705, 0.8090},
                        Case{2, 7, 6, 7, 0.0582, 0.8062}, Case{0, 29, 5, 56, -0.0381, 0.1926},
                        Case{0, 10, 10, 10, 0.6075, 1.0000}}) {
    const Interval interval = difference_interval(share_estimate(c.a, c.n_a), share_estimate(c.b, c.n_b));
    EXPECT_NEAR(interval.low, c.low, 5e-5);
    EXPECT_NEAR(interval.high, c.high, 5e-5);
  }
}

TEST(DifferenceInterval, OfExactValuesHasNoWidth) {
  const Interval interval = difference_interval({1, {1, 1}}, {3, {3, 3}});
  EXPECT_EQ(interval.low, 2);
  EXPECT_EQ(interval.high, 2);
}

TEST(DifferencePValue, AgreesWithTheInterval) {
  for (double hits = 40; hits <= 90; hits += 1) {
    const Estimate a = share_estimate(60, 200);
    const Estimate b = share_estimate(hits, 200);
    const Interval interval = difference_interval(a, b);
    const bool excludes_zero = interval.low > 0 || interval.high < 0;
    EXPECT_EQ(difference_p_value(a, b) < 0.05, excludes_zero) << hits;
  }
  EXPECT_EQ(difference_p_value({1, {0, 2}}, {1, {0, 2}}), 1);
}

TEST(DifferenceInterval, CoversTheTruth) {
  std::mt19937_64 random(20231);
  constexpr int kTrials = 4000;
  for (const double share : {0.02, 0.3}) {
    std::binomial_distribution<int> a(1500, share);
    std::binomial_distribution<int> b(2500, share + 0.01);
    int covered = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const Interval interval =
          difference_interval(share_estimate(a(random), 1500), share_estimate(b(random), 2500));
      covered += interval.low <= 0.01 && 0.01 <= interval.high ? 1 : 0;
    }
    EXPECT_GT(covered, 0.94 * kTrials) << share;
    EXPECT_LT(covered, 0.96 * kTrials) << share;
  }
}

// Benjamini and Hochberg (1995), section 3.3: four of the fifteen hypotheses are rejected at 0.05.
TEST(FindDiscoveries, AsPublished) {
  const std::vector<double> p_values = {0.6528, 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298,
                                        0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.7590, 1.0000};
  const std::vector<bool> found = find_discoveries(p_values, 0.05);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], i >= 1 && i <= 4) << i;
  EXPECT_TRUE(find_discoveries({}, 0.05).empty());
}

}  // namespace
}  // namespace strobe::analyze
