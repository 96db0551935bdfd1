// Waiting by looks alone: what two looks and the scheduler's sums between them tell.
#include "record/look_tracker.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace strobe::record {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr pid_t kTid = 10;

Sight sight_of(ThreadState state) {
  Sight sight;
  sight.state = state;
  return sight;
}

struct Result {
  std::map<ThreadState, double> ms;  ///< rows times weights
  double waited_ms = 0, runnable_ms = 0;
  uint64_t longest_ns = 0;
};

Result result_of(LookTracker& tracker) {
  std::vector<KeptStretch> rows;
  std::vector<ThreadWaits> waits;
  tracker.take(rows, waits);
  Result result;
  for (const KeptStretch& row : rows) {
    EXPECT_LE(row.start_ns, row.end_ns);
    const ThreadState state = row.ready   ? ThreadState::runnable
                              : row.sight ? row.sight->state
                                          : ThreadState::unknown;
    result.ms[state] += static_cast<double>(row.weight) * static_cast<double>(row.length_ns()) / 1e6;
    result.longest_ns = std::max(result.longest_ns, row.length_ns());
  }
  for (const ThreadWaits& news : waits) {
    result.waited_ms += static_cast<double>(news.waited_ns) / 1e6;
    result.runnable_ms += static_cast<double>(news.runnable_ns) / 1e6;
  }
  return result;
}

class LookTracking : public testing::Test {
 protected:
  void SetUp() override {
    tracker_.began({.thread = ThreadId{1}, .pid = kTid, .tid = kTid}, {.time_ns = 0, .stat = {}});
  }
  void look(uint64_t time_ns, os::SchedStat stat, std::optional<Sight> sight) {
    tracker_.looked(kTid, {.time_ns = time_ns, .stat = stat}, std::move(sight));
  }
  LookTracker tracker_;
};

TEST_F(LookTracking, OneThatSleepsIsOneStretch) {
  look(1 * kMs, {}, sight_of(ThreadState::sleep));
  EXPECT_TRUE(tracker_.was_seen(kTid));
  EXPECT_TRUE(tracker_.stood_still(kTid, {}));
  for (uint64_t ms = 11; ms <= 91; ms += 10) tracker_.rested(kTid, ms * kMs);
  tracker_.close(100 * kMs);
  const Result result = result_of(tracker_);
  EXPECT_NEAR(result.waited_ms, 100, 1e-6);
  EXPECT_NEAR(result.ms.at(ThreadState::sleep), 100, 1e-6);
  EXPECT_EQ(result.longest_ns, 100 * kMs);
  EXPECT_EQ(tracker_.counts().stretches, 1U);
}

TEST_F(LookTracking, WhatLiesBetweenTwoLooksIsSharedByThem) {
  look(0, {}, sight_of(ThreadState::io));
  look(10 * kMs, {.run_ns = 2 * kMs, .wait_ns = 0, .slices = 1}, sight_of(ThreadState::lock));
  tracker_.close(10 * kMs);
  const Result result = result_of(tracker_);
  EXPECT_NEAR(result.waited_ms, 8, 1e-6);
  EXPECT_NEAR(result.ms.at(ThreadState::io), 4, 1e-6);
  EXPECT_NEAR(result.ms.at(ThreadState::lock), 4, 1e-6);
}

TEST_F(LookTracking, ReadyToRunIsWhatTheSchedulerCounted) {
  look(10 * kMs, {.run_ns = 5 * kMs, .wait_ns = 5 * kMs, .slices = 4}, std::nullopt);
  tracker_.close(10 * kMs);
  const Result result = result_of(tracker_);
  EXPECT_NEAR(result.runnable_ms, 5, 1e-6);
  EXPECT_NEAR(result.ms.at(ThreadState::runnable), 5, 1e-6);
  EXPECT_EQ(result.ms.count(ThreadState::unknown), 0U);
}

TEST_F(LookTracking, ARunningThreadIsNotTakenForOneThatWaits) {
  // Its time is counted at ticks of 4 ms only, and looked at every 3 ms.
  for (uint64_t ms = 3; ms <= 300; ms += 3) {
    look(ms * kMs, {.run_ns = ms / 4 * 4 * kMs, .wait_ns = 0, .slices = 1}, std::nullopt);
  }
  tracker_.close(300 * kMs);
  EXPECT_LE(result_of(tracker_).waited_ms, 4);
}

TEST_F(LookTracking, ManyShortStretchesAreARowWithTheirNumber) {
  look(0, {}, std::nullopt);
  look(10 * kMs, {.run_ns = 2 * kMs, .wait_ns = 0, .slices = 8}, sight_of(ThreadState::io));
  tracker_.close(10 * kMs);
  std::vector<KeptStretch> rows;
  std::vector<ThreadWaits> waits;
  tracker_.take(rows, waits);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].weight, 8U);
  EXPECT_EQ(rows[0].length_ns(), kMs);
}

TEST_F(LookTracking, PausesAreNobodysTime) {
  look(1 * kMs, {}, sight_of(ThreadState::sleep));
  tracker_.pause(10 * kMs);
  tracker_.rested(kTid, 50 * kMs);
  tracker_.resume();
  tracker_.forget(kTid);
  tracker_.began({.thread = ThreadId{1}, .pid = kTid, .tid = kTid}, {.time_ns = 90 * kMs, .stat = {}});
  look(91 * kMs, {}, sight_of(ThreadState::sleep));
  tracker_.close(100 * kMs);
  EXPECT_NEAR(result_of(tracker_).waited_ms, 10 + 10, 1e-6);
}

// A thread that waits in turns of 3 to 40 ms, a third of them for a lock, looked at every 10 ms.
TEST_F(LookTracking, SharesComeOutRight) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> chance;
  std::map<ThreadState, double> truth;
  os::SchedStat stat;
  uint64_t now_ns = 0;
  uint64_t next_look_ns = 10 * kMs;
  for (int i = 0; i < 20'000; ++i) {
    const ThreadState state = chance(random) < 1.0 / 3 ? ThreadState::lock : ThreadState::io;
    const uint64_t length_ns = static_cast<uint64_t>((3 + 37 * chance(random)) * 1e6);
    stat.run_ns += kMs / 5;
    ++stat.slices;
    now_ns += kMs / 5;
    truth[state] += static_cast<double>(length_ns) / 1e6;
    const uint64_t end_ns = now_ns + length_ns;
    for (; next_look_ns < end_ns; next_look_ns += 10 * kMs) {
      if (next_look_ns < now_ns) continue;
      if (tracker_.was_seen(kTid) && tracker_.stood_still(kTid, stat)) {
        tracker_.rested(kTid, next_look_ns);
      } else {
        look(next_look_ns, stat, sight_of(state));
      }
    }
    now_ns = end_ns;
  }
  tracker_.close(now_ns);
  const Result result = result_of(tracker_);
  const double all = truth[ThreadState::lock] + truth[ThreadState::io];
  EXPECT_NEAR(result.waited_ms, all, all * 0.001);
  EXPECT_NEAR(result.ms.at(ThreadState::lock) / all, truth[ThreadState::lock] / all, 0.01);
}

}  // namespace
}  // namespace strobe::record
