#include "analyze/resident_series.h"

#include <gtest/gtest.h>

#include "support/memory_profile.h"

namespace strobe::analyze {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kMs = 1'000'000;

TEST(ResidentSeries, IsOfAllProcessesAtOneMomentUntilTheyEnd) {
  const ResidentSeries series = sum_resident(test::resident_profile());
  EXPECT_EQ(series.rss_peak_bytes, (66 + 72) * kMiB);
  EXPECT_EQ(series.rss_peak_ns, 1'400 * kMs);
  EXPECT_EQ(series.pss_peak_bytes, (36 + 39) * kMiB) << "with what was last known of the other's PSS";
  EXPECT_TRUE(series.has_pss);
  EXPECT_EQ(series.minor_faults, 17'500U + 900);
  EXPECT_EQ(series.major_faults, 17U);
  ASSERT_GE(series.points.size(), 2U);
  EXPECT_EQ(series.points.back().rss_bytes, 20 * kMiB);
  EXPECT_EQ(series.points[series.points.size() - 2].time_ns, 1'500 * kMs) << "where the child ends";
  EXPECT_EQ(series.points[series.points.size() - 2].rss_bytes, 72 * kMiB);
}

TEST(ResidentSeries, OfOneProcessSeesItsOwnMark) {
  const ResidentSeries child = sum_resident(test::resident_profile(), {false, true});
  EXPECT_EQ(child.rss_peak_bytes, 66 * kMiB + 4096) << "by VmHWM, between two looks";
  EXPECT_EQ(child.minor_faults, 900U);
}

TEST(ResidentSeries, OfNothing) {
  const ResidentSeries none = sum_resident(test::resident_profile(), {false, false});
  EXPECT_TRUE(none.points.empty());
  EXPECT_EQ(none.pss_mean_bytes, 0);
  EXPECT_FALSE(none.has_pss);
}

TEST(SumLive, EndsWithTheProcess) {
  const auto live = sum_live(test::memory_profile());
  ASSERT_EQ(live.size(), 6U);
  EXPECT_EQ(live[3].bytes, 53 * kMiB);
  EXPECT_EQ(live[4].time_ns, 1'500 * kMs);
  EXPECT_EQ(live[4].bytes, 52 * kMiB);
}

TEST(Resample, HoldsAValueUntilTheNextAndKeepsTheMost) {
  const std::vector<SeriesValue> values = {{10, 1}, {30, 5}, {31, 2}, {90, 3}};
  EXPECT_EQ(resample(values, 100, 10), (std::vector<uint64_t>{0, 1, 1, 5, 2, 2, 2, 2, 2, 3}));
  EXPECT_EQ(resample(values, 20, 2), (std::vector<uint64_t>{0, 5})) << "what comes later counts at the end";
  EXPECT_EQ(resample({}, 100, 3), (std::vector<uint64_t>{0, 0, 0}));
  EXPECT_EQ(resample(values, 0, 2), (std::vector<uint64_t>{0, 0}));
  EXPECT_TRUE(resample(values, 100, 0).empty());
}

}  // namespace
}  // namespace strobe::analyze
