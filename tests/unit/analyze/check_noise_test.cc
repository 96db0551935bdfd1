// What decides about changes: intervals of ratios and of shifts, and how often the decisions are wrong.
#include "analyze/check_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace strobe::analyze::check {
namespace {

TEST(CheckNoise, ZOfUsualConfidences) {
  EXPECT_NEAR(z_of_confidence(0.95), 1.959964, 1e-6);
  EXPECT_NEAR(z_of_confidence(0.99), 2.575829, 1e-6);
  EXPECT_NEAR(z_of_confidence(0.5), 0.674490, 1e-6);
}

TEST(CheckNoise, TheRatioIntervalIsWhereTheDifferenceIsZero) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> part(0.05, 0.6);
  for (int i = 0; i < 500; ++i) {
    const Estimate a{1, {1 - part(random), 1 + part(random)}};
    const double value = 0.2 + 2 * part(random);
    const Estimate b{value, {value * (1 - part(random)), value * (1 + part(random))}};
    const Interval ratio = ratio_interval(a, b);
    const auto scaled = [&](double r) {
      return Estimate{a.value * r, {a.interval.low * r, a.interval.high * r}};
    };
    EXPECT_LE(ratio.low, value);
    EXPECT_GE(ratio.high, value);
    EXPECT_NEAR(difference_interval(scaled(ratio.low), b).low, 0, 1e-9);
    EXPECT_NEAR(difference_interval(scaled(ratio.high), b).high, 0, 1e-9);
  }
}

TEST(CheckNoise, RatiosToNothingAreInfinite) {
  const Interval from_zero = ratio_interval({0, {0, 0}}, {2, {1, 3}});
  EXPECT_TRUE(std::isinf(from_zero.low));
  const Interval from_maybe_zero = ratio_interval({0.01, {0, 0.05}}, {2, {1, 3}});
  EXPECT_TRUE(std::isinf(from_maybe_zero.high));
  EXPECT_GT(from_maybe_zero.low, 10);
  const Interval both_exact = ratio_interval({2, {2, 2}}, {3, {3, 3}});
  EXPECT_DOUBLE_EQ(both_exact.low, 1.5);
  EXPECT_DOUBLE_EQ(both_exact.high, 1.5);
}

// Critical values of the Mann-Whitney U, two-sided, as tables have them: with U at most so large the
// difference is significant, so the interval leaves out so many differences.
TEST(CheckNoise, RanksAreThoseOfThePublishedTables) {
  const struct {
    size_t a, b;
    double confidence;
    int rank;
  } kCases[] = {{3, 3, 0.95, -1}, {4, 4, 0.95, 0},   {5, 5, 0.95, 2},    {6, 6, 0.95, 5},
                {5, 8, 0.95, 6},  {8, 8, 0.95, 13},  {10, 10, 0.95, 23}, {20, 20, 0.95, 127},
                {5, 5, 0.99, 0},  {10, 10, 0.99, 16}};
  for (const auto& expected : kCases) {
    EXPECT_EQ(shift_interval_rank(expected.a, expected.b, expected.confidence), expected.rank)
        << expected.a << " and " << expected.b;
  }
  EXPECT_EQ(least_runs(0.95), 4U);
  EXPECT_EQ(least_runs(0.99), 5U);
  // Where the approximation takes over, it agrees.
  EXPECT_NEAR(shift_interval_rank(63, 63, 0.95), 1580, 10);
  EXPECT_NEAR(shift_interval_rank(64, 64, 0.95), 1635, 15);
}

Measured sampled(double hits, double samples, double cpu_seconds) {
  const double seconds = hits / samples * cpu_seconds;
  return {.value = seconds,
          .whole = cpu_seconds,
          .sampled = seconds,
          .sampled_of = cpu_seconds,
          .effective_samples = samples};
}

struct Decisions {
  double above = 0;  ///< shares of the trials
  double below = 0;
};

/// How often `trial` says that a change lies wholly above, or below, `truth`.
template <class Trial>
Decisions count_decisions(double truth, Trial trial) {
  constexpr int kTrials = 4000;
  Decisions decisions;
  for (int i = 0; i < kTrials; ++i) {
    const Interval interval = trial();
    decisions.above += interval.low > truth ? 1.0 / kTrials : 0;
    decisions.below += interval.high < truth ? 1.0 / kTrials : 0;
  }
  return decisions;
}

TEST(CheckNoise, OneRecordingEachDecidesWronglyAsOftenAsPromised) {
  std::mt19937_64 random(20261);
  for (const double share : {0.03, 0.25}) {
    std::binomial_distribution<int> before(2000, share);
    std::binomial_distribution<int> after(3000, share);  // 1.5 times the CPU time, the same share
    const Decisions decisions = count_decisions(0.5, [&] {
      const Measured a = sampled(before(random), 2000, 2);
      const Measured b = sampled(after(random), 3000, 3);
      const Measured* const as[] = {&a};
      const Measured* const bs[] = {&b};
      return estimate_change(as, bs, true, 0.95)->interval;
    });
    // 2.5 % on each side are promised; the error of 4,000 trials is 0.25 points.
    EXPECT_GT(decisions.above + decisions.below, 0.03) << share;
    EXPECT_LT(decisions.above, 0.036) << share;
    EXPECT_LT(decisions.below, 0.036) << share;
  }
}

TEST(CheckNoise, SeveralRecordingsDecideWronglyNoOftenerThanPromised) {
  std::mt19937_64 random(20262);
  std::lognormal_distribution<double> noise(0, 0.04);
  for (const size_t runs : {size_t{4}, size_t{7}}) {
    const Decisions decisions = count_decisions(0.05, [&] {
      std::vector<Measured> a(runs), b(runs + 1);
      std::vector<const Measured*> as, bs;
      for (Measured& m : a) m.value = 2 * noise(random), as.push_back(&m);
      for (Measured& m : b) m.value = 2.1 * noise(random), bs.push_back(&m);
      return estimate_change(as, bs, true, 0.95)->interval;
    });
    EXPECT_GT(decisions.above + decisions.below, 0.005) << runs;
    EXPECT_LT(decisions.above, 0.03) << runs;
    EXPECT_LT(decisions.below, 0.03) << runs;
  }
}

TEST(CheckNoise, ATrueChangeIsFound) {
  std::mt19937_64 random(20263);
  std::lognormal_distribution<double> noise(0, 0.02);
  const Decisions decisions = count_decisions(0.05, [&] {
    std::vector<Measured> a(6), b(6);
    std::vector<const Measured*> as, bs;
    for (Measured& m : a) m.value = noise(random), as.push_back(&m);
    for (Measured& m : b) m.value = 1.15 * noise(random), bs.push_back(&m);
    return estimate_change(as, bs, true, 0.95)->interval;
  });
  EXPECT_GT(decisions.above, 0.95);
}

TEST(CheckNoise, TooFewRunsAreNotJudged) {
  std::vector<Measured> values(3);
  std::vector<const Measured*> three;
  for (Measured& m : values) three.push_back(&m);
  const auto change = estimate_change(three, three, true, 0.95);
  ASSERT_FALSE(change);
  EXPECT_NE(change.error().find("too few"), std::string::npos);
}

TEST(CheckNoise, MedianWithInfiniteValues) {
  EXPECT_EQ(median_of({3, 1, 2}), 2);
  EXPECT_EQ(median_of({4, 1}), 2.5);
  EXPECT_TRUE(std::isinf(median_of({INFINITY, INFINITY})));
}

}  // namespace
}  // namespace strobe::analyze::check
