#include "analyze/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "analyze/resampling.h"

namespace strobe::analyze {
namespace {

using Values = std::vector<double>;

/// Sum of the mid-ranks of the values chosen.
double rank_sum(const Values& all, const std::vector<bool>& chosen) {
  double sum = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!chosen[i]) continue;
    const auto below = std::ranges::count_if(all, [&](double value) { return value < all[i]; });
    const auto equal = std::ranges::count(all, all[i]);
    sum += static_cast<double>(below) + (static_cast<double>(equal) + 1) / 2;
  }
  return sum;
}

/// The test by its definition: every way to deal out the values is as likely.
double p_value_by_counting(const Values& a, const Values& b) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::vector<bool> chosen(all.size(), false);
  std::fill_n(chosen.begin(), a.size(), true);
  const double seen = rank_sum(all, chosen);
  double low = 0;
  double high = 0;
  double ways = 0;
  do {  // from "the first ones" downwards: every choice once
    const double sum = rank_sum(all, chosen);
    low += sum <= seen + 1e-9 ? 1 : 0;
    high += sum >= seen - 1e-9 ? 1 : 0;
    ++ways;
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return std::min(1.0, 2 * std::min(low, high) / ways);
}

TEST(RankTest, IsExactAlsoForTies) {
  Draws draws(1);
  for (int trial = 0; trial < 60; ++trial) {
    Values a(2 + draws.below(4));
    Values b(2 + draws.below(4));
    const size_t kinds = 2 + draws.below(12);  // few: many ties
    for (double& value : a) value = static_cast<double>(draws.below(kinds));
    for (double& value : b) value = static_cast<double>(draws.below(kinds) + draws.below(3));
    EXPECT_NEAR(rank_test_p_value(a, b), p_value_by_counting(a, b), 1e-12) << trial;
  }
}

TEST(RankTest, KnownProbabilities) {
  EXPECT_NEAR(rank_test_p_value(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}), 2.0 / 70, 1e-12);
  EXPECT_NEAR(rank_test_p_value(Values{1, 2, 3}, Values{5, 6, 7}), 2.0 / 20, 1e-12);
  EXPECT_EQ(rank_test_p_value(Values{1, 1, 1}, Values{1, 1, 1, 1}), 1);
  EXPECT_EQ(rank_test_p_value(Values{}, Values{1}), 1);
}

TEST(RankTest, TheApproximationGoesOnWhereTheExactOneEnds) {
  Values a(49);
  Values b(50);
  std::iota(a.begin(), a.end(), 0.0);
  std::iota(b.begin(), b.end(), 8.5);
  const double exact = rank_test_p_value(a, b);
  // Two more in the middle hardly change anything, but bring it beyond kMaxExactRuns.
  a.push_back(29.2);
  b.push_back(29.3);
  ASSERT_GT(a.size() + b.size(), kMaxExactRuns);
  EXPECT_NEAR(rank_test_p_value(a, b), exact, 0.2 * exact);
}

TEST(EstimateShift, IsTheMedianOfAllDifferences) {
  EXPECT_DOUBLE_EQ(estimate_shift(Values{1, 2, 10}, Values{4, 5}).value, 2.5);
  EXPECT_FALSE(estimate_shift(Values{1, 2, 3}, Values{4, 5, 6}).interval.has_value())
      << "of 20 orders no two are rare enough";
  EXPECT_TRUE(estimate_shift(Values{1, 2, 3, 4}, Values{4, 5, 6, 7}).interval.has_value());
}

TEST(EstimateShift, TheIntervalHoldsWhatTheTestDoesNotReject) {
  Draws draws(3);
  for (int trial = 0; trial < 20; ++trial) {
    Values a(5 + draws.below(4));
    Values b(5 + draws.below(4));
    for (double& value : a) value = 100 + static_cast<double>(draws.next() % 100'000) * 1e-3;
    for (double& value : b) value = 110 + static_cast<double>(draws.next() % 100'000) * 1e-3;
    const Shift shift = estimate_shift(a, b);
    ASSERT_TRUE(shift.interval.has_value());
    const auto p_of = [&](double moved) {
      Values back = b;
      for (double& value : back) value -= moved;
      return rank_test_p_value(a, back);
    };
    constexpr double kStep = 1e-6;
    EXPECT_GT(p_of(shift.interval->low + kStep), 0.05) << trial;
    EXPECT_LE(p_of(shift.interval->low - kStep), 0.05) << trial;
    EXPECT_GT(p_of(shift.interval->high - kStep), 0.05) << trial;
    EXPECT_LE(p_of(shift.interval->high + kStep), 0.05) << trial;
  }
}

TEST(EstimateRatio, IsAFactor) {
  const auto ratio = estimate_ratio(Values{1, 1.1, 1.2, 1.3}, Values{2, 2.2, 2.4, 2.6});
  ASSERT_TRUE(ratio.has_value());
  EXPECT_NEAR(ratio->value, 2, 1e-12);
  ASSERT_TRUE(ratio->interval.has_value());
  EXPECT_LT(ratio->interval->low, 2);
  EXPECT_GT(ratio->interval->high, 2);
  EXPECT_FALSE(estimate_ratio(Values{0, 1}, Values{1, 2}).has_value()) << "nothing is a factor above 0";
}

TEST(MeasureQuantity, IsTheSameEveryTimeAndHoldsTheMedian) {
  const Values runs = {1.0, 1.1, 0.9, 1.3, 1.05, 0.98, 1.02};
  const Quantity first = measure_quantity(runs);
  const Quantity second = measure_quantity(runs);
  EXPECT_DOUBLE_EQ(first.median, 1.02);
  ASSERT_TRUE(first.interval.has_value());
  EXPECT_EQ(first.interval->low, second.interval->low);
  EXPECT_EQ(first.interval->high, second.interval->high);
  EXPECT_LE(first.interval->low, first.median);
  EXPECT_GE(first.interval->high, first.median);
  EXPECT_GE(first.interval->low, 0.9);
  EXPECT_LE(first.interval->high, 1.3);
  EXPECT_FALSE(measure_quantity({1.0, 2.0}).interval.has_value());
}

TEST(MeasureQuantity, TheIntervalCoversTheMedian) {
  // Of 400 draws of 12 from numbers whose median is 0, 95 % and not much less or more hold it. A median of
  // few is known to be covered a little more often.
  Draws draws(7);
  int covered = 0;
  for (int trial = 0; trial < 400; ++trial) {
    Values runs(12);
    for (double& value : runs) value = std::log(1 + static_cast<double>(draws.next() % 1'000'000) * 1e-6);
    const Quantity quantity = measure_quantity(runs);
    const double truth = std::log(1.5);
    covered += quantity.interval->low <= truth && truth <= quantity.interval->high ? 1 : 0;
  }
  EXPECT_GE(covered, 0.92 * 400);
  EXPECT_LE(covered, 0.99 * 400);
}

}  // namespace
}  // namespace strobe::analyze
