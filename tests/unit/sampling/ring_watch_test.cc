// When a ring is taken for dead: CPU time without records, and only that.
#include "sampling/perf/ring_watch.h"

#include <gtest/gtest.h>

namespace strobe::sampling {
namespace {

constexpr uint64_t kPeriod = 1'000'000;
constexpr uint64_t kDead = RingWatch::kDeadPeriods * kPeriod;

TEST(RingWatch, ARingWithoutRecordsWhileTimeGoesByIsDead) {
  RingWatch watch(2, kPeriod);
  EXPECT_FALSE(watch.is_silent(0, 100)) << "something came";
  EXPECT_TRUE(watch.is_silent(0, 100));
  EXPECT_EQ(watch.dead_ns(0, 5 * kPeriod), 0u) << "the first measurement";
  EXPECT_EQ(watch.dead_ns(0, 5 * kPeriod + kDead - 1), 0u);
  EXPECT_EQ(watch.dead_ns(0, 5 * kPeriod + kDead), kDead);
}

TEST(RingWatch, AnIdleCpuIsNotDead) {
  RingWatch watch(1, kPeriod);
  for (int look = 0; look < 100; ++look) {
    EXPECT_TRUE(watch.is_silent(0, 0));
    EXPECT_EQ(watch.dead_ns(0, 7 * kDead), 0u);
  }
}

TEST(RingWatch, ARecordBeginsAnew) {
  RingWatch watch(1, kPeriod);
  EXPECT_TRUE(watch.is_silent(0, 0));
  EXPECT_EQ(watch.dead_ns(0, 0), 0u);
  EXPECT_FALSE(watch.is_silent(0, 8));
  EXPECT_TRUE(watch.is_silent(0, 8));
  EXPECT_EQ(watch.dead_ns(0, 3 * kDead), 0u);
  EXPECT_EQ(watch.dead_ns(0, 4 * kDead), kDead);
}

TEST(RingWatch, CountsThatGoBackMeanNothing) {
  RingWatch watch(1, kPeriod);
  EXPECT_TRUE(watch.is_silent(0, 0));
  EXPECT_EQ(watch.dead_ns(0, 9 * kDead), 0u);
  EXPECT_EQ(watch.dead_ns(0, kDead), 0u);
}

}  // namespace
}  // namespace strobe::sampling
