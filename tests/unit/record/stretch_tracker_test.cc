// Threads by their switches: how long they waited, and which stretches are kept with what weight.
#include "record/stretch_tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

namespace strobe::record {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr pid_t kTid = 10;
using Place = StretchTracker::Place;
using Seeing = StretchTracker::Seeing;

Sight sight_of(ThreadState state) {
  Sight sight;
  sight.state = state;
  return sight;
}

/// A tracker with one thread (tid 10, ThreadId 3) in a process, and what it has given out.
class Track {
 public:
  explicit Track(Seeing seeing, Place place = Place::on_cpu, uint64_t at_ns = 0) : tracker_(seeing) {
    tracker_.began({.thread = ThreadId{3}, .pid = kTid, .tid = kTid}, at_ns, place);
  }
  void out(uint64_t time_ns, bool forced = false) {
    tracker_.switched({.time_ns = time_ns, .pid = kTid, .tid = kTid, .out = true, .forced = forced});
  }
  void in(uint64_t time_ns) { tracker_.switched({.time_ns = time_ns, .pid = kTid, .tid = kTid}); }
  StretchTracker& operator*() { return tracker_; }
  StretchTracker* operator->() { return &tracker_; }

  const std::vector<KeptStretch>& rows() {
    std::vector<ThreadWaits> waits;
    tracker_.take(rows_, waits);
    for (const ThreadWaits& news : waits) {
      EXPECT_EQ(news.thread, ThreadId{3});
      sum_.waited_ns += news.waited_ns;
      sum_.runnable_ns += news.runnable_ns;
      sum_.voluntary += news.voluntary;
      sum_.forced += news.forced;
    }
    return rows_;
  }
  const ThreadWaits& sum() {
    rows();
    return sum_;
  }

 private:
  StretchTracker tracker_;
  std::vector<KeptStretch> rows_;
  ThreadWaits sum_;
};

TEST(StretchTracker, TimesAndSwitchesAreExact) {
  Track track(Seeing::sampled);
  track.out(10 * kMs);
  track.in(15 * kMs);
  track.out(16 * kMs, true);
  track.in(18 * kMs);
  track.out(20 * kMs);
  track->ended(kTid, 27 * kMs);
  EXPECT_EQ(track.sum().waited_ns, (5 + 2 + 7) * kMs);
  EXPECT_EQ(track.sum().voluntary, 2U);
  EXPECT_EQ(track.sum().forced, 1U);
  EXPECT_EQ(track->counts().stretches, 3U);
  EXPECT_EQ(track->counts().lost, 0U);
}

TEST(StretchTracker, ALongStretchIsKeptWithItsSightAndWeightOne) {
  Track track(Seeing::looked_at);
  track.out(10 * kMs);
  std::vector<StretchTracker::Who> unseen;
  track->take_unseen(10 * kMs, 10 * kMs, 10, unseen);
  EXPECT_TRUE(unseen.empty()) << "it began only now";
  track->take_unseen(11 * kMs, 11 * kMs, 10, unseen);
  ASSERT_EQ(unseen.size(), 1U);
  EXPECT_EQ(unseen[0].tid, kTid);
  track->looked_at(kTid, 12 * kMs, sight_of(ThreadState::io));
  track->take_unseen(99 * kMs, 99 * kMs, 10, unseen);
  EXPECT_TRUE(unseen.empty()) << "once is enough, however long it goes on";
  track.in(110 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  const KeptStretch& row = track.rows()[0];
  EXPECT_EQ(row.thread, ThreadId{3});
  EXPECT_EQ(row.start_ns, 10 * kMs);
  EXPECT_EQ(row.end_ns, 110 * kMs);
  EXPECT_EQ(row.weight, 1U);
  ASSERT_TRUE(row.sight);
  EXPECT_EQ(row.sight->state, ThreadState::io);
}

TEST(StretchTracker, ALookIsOfTheStretchItFallsInto) {
  Track track(Seeing::looked_at);
  track.out(10 * kMs);
  track->looked_at(kTid, 40 * kMs, sight_of(ThreadState::io));  // records are behind: it has moved on
  track.in(25 * kMs);
  track.out(30 * kMs);
  track.in(50 * kMs);
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_FALSE(track.rows()[0].sight);
  EXPECT_TRUE(track.rows()[1].sight);
  EXPECT_EQ(track->counts().lost, 1U) << "the long one that nobody saw";
}

TEST(StretchTracker, AStackThatWasCopiedIsOfTheNextStretchAlone) {
  Track track(Seeing::sampled);
  track->sampled(kTid, sight_of(ThreadState::sleep));
  track.out(10 * kMs);
  track.in(30 * kMs);
  track.out(31 * kMs);
  track.in(61 * kMs);
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_TRUE(track.rows()[0].sight);
  EXPECT_FALSE(track.rows()[1].sight);
}

TEST(StretchTracker, TheOwnerOfALockComesFromALookAtTheSameStretch) {
  Track track(Seeing::sampled);
  Sight lock = sight_of(ThreadState::lock);
  lock.wants_owner = true;
  std::vector<StretchTracker::Who> unseen;
  for (const uint64_t look_ms : {12, 47}) {  // the second one a moment after the stretch
    const uint64_t start_ns = look_ms == 12 ? 10 * kMs : 40 * kMs;
    track->sampled(kTid, lock);
    track.out(start_ns);
    track->take_unseen(0, start_ns + 1, 10, unseen);
    ASSERT_EQ(unseen.size(), 1U);
    Sight owner;
    owner.owner = ThreadId{7};
    track->looked_at(kTid, look_ms * kMs, owner);
    track.in(start_ns + 5 * kMs);
  }
  track->settle(60 * kMs);
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_EQ(track.rows()[0].sight->owner, ThreadId{7});
  EXPECT_TRUE(track.rows()[1].sight->owner.is_none());
  EXPECT_EQ(track.rows()[0].sight->state, ThreadState::lock);
}

TEST(StretchTracker, AThreadThatNeverSwitchesWaitedOrRanAllTheTime) {
  Track asleep(Seeing::looked_at, Place::unknown, 5 * kMs);
  std::vector<StretchTracker::Who> unseen;
  asleep->take_unseen(7 * kMs, 7 * kMs, 10, unseen);
  ASSERT_EQ(unseen.size(), 1U);
  asleep->looked_at(kTid, 8 * kMs, sight_of(ThreadState::sleep));
  asleep->close(105 * kMs);
  EXPECT_EQ(asleep.sum().waited_ns, 100 * kMs);
  ASSERT_EQ(asleep.rows().size(), 1U);
  EXPECT_EQ(asleep.rows()[0].sight->state, ThreadState::sleep);
  EXPECT_EQ(asleep->counts().lost, 0U);

  Track busy(Seeing::looked_at, Place::unknown, 5 * kMs);
  busy->close(105 * kMs);
  EXPECT_EQ(busy.sum().waited_ns, 0U);
  EXPECT_TRUE(busy.rows().empty());
}

TEST(StretchTracker, TheFirstSwitchTellsWhereAThreadWas) {
  Track waited(Seeing::sampled, Place::unknown, 5 * kMs);
  waited.in(9 * kMs);
  waited->close(10 * kMs);
  EXPECT_EQ(waited.sum().waited_ns, 4 * kMs);
  Track ran(Seeing::sampled, Place::unknown, 5 * kMs);
  ran.out(9 * kMs);
  ran->close(10 * kMs);
  EXPECT_EQ(ran.sum().waited_ns, 1 * kMs);
}

TEST(StretchTracker, ANewThreadIsReadyUntilItRuns) {
  Track track(Seeing::sampled, Place::ready, 5 * kMs);
  track.in(7 * kMs);
  track->ended(kTid, 9 * kMs);
  EXPECT_EQ(track.sum().waited_ns, 2 * kMs);
  EXPECT_EQ(track.sum().runnable_ns, 2 * kMs);
  EXPECT_EQ(track.sum().forced + track.sum().voluntary, 0U);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_TRUE(track.rows()[0].ready);
}

TEST(StretchTracker, TheDelayFromBeingWokenIsWhatTheSchedulerCountedLessWhatWasForced) {
  Track track(Seeing::sampled);
  track->observe_run_delay(kTid, 1'000);
  track->sampled(kTid, sight_of(ThreadState::io));
  track.out(10 * kMs);
  track.in(14 * kMs);
  track.out(20 * kMs, true);
  track.in(23 * kMs);
  track->observe_run_delay(kTid, 1'000 + 3 * kMs + 500'000);
  track->settle(24 * kMs);
  std::map<bool, KeptStretch> by_ready;
  for (const KeptStretch& row : track.rows()) by_ready[row.ready] = row;
  EXPECT_EQ(by_ready[false].runnable_ns, 500'000U);
  EXPECT_EQ(by_ready[true].runnable_ns, 3 * kMs);
  EXPECT_EQ(track.sum().runnable_ns, 3 * kMs + 500'000);
}

TEST(StretchTracker, AfterALossStretchesAreClosedThere) {
  Track track(Seeing::looked_at);
  track.out(10 * kMs);
  track->looked_at(kTid, 15 * kMs, sight_of(ThreadState::io));
  track->lost(50 * kMs);
  track.in(80 * kMs);  // it was off the CPU since the gap at least
  track->close(90 * kMs);
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_EQ(track.rows()[0].end_ns, 50 * kMs);
  EXPECT_TRUE(track.rows()[0].sight);
  EXPECT_EQ(track.rows()[1].start_ns, 50 * kMs);
  EXPECT_EQ(track.rows()[1].end_ns, 80 * kMs);
  EXPECT_FALSE(track.rows()[1].sight) << "what it did after the gap nobody saw";
  EXPECT_EQ(track.sum().waited_ns, 70 * kMs);
  EXPECT_GE(track->counts().lost, 1U);
}

TEST(StretchTracker, AfterALossThatHidTheReturnAThreadRanFromThere) {
  Track track(Seeing::sampled);
  track->sampled(kTid, sight_of(ThreadState::io));
  track.out(10 * kMs);
  track->lost(50 * kMs);
  track.out(80 * kMs);
  track->close(85 * kMs);
  EXPECT_EQ(track.sum().waited_ns, (40 + 5) * kMs);
  EXPECT_EQ(track->counts().lost, 0U) << "one was seen, the other is short";
}

TEST(StretchTracker, PausesAreNobodysTime) {
  Track track(Seeing::sampled);
  track.out(10 * kMs);
  track->pause(20 * kMs);
  track.in(25 * kMs);  // a late word
  track->resume(100 * kMs);
  track.in(130 * kMs);
  track->close(150 * kMs);
  EXPECT_EQ(track.sum().waited_ns, (10 + 30) * kMs);
  Track running(Seeing::sampled);
  running->pause(20 * kMs);
  running->resume(100 * kMs);
  running->close(150 * kMs);
  EXPECT_EQ(running.sum().waited_ns, 0U);
}

TEST(StretchTracker, SettlingCountsWhatGoesOnOnce) {
  Track track(Seeing::looked_at);
  track.out(10 * kMs);
  track->settle(20 * kMs);
  EXPECT_EQ(track.sum().waited_ns, 10 * kMs);
  EXPECT_TRUE(track.rows().empty());
  track->settle(30 * kMs);
  track.in(35 * kMs);
  EXPECT_EQ(track.sum().waited_ns, 25 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_EQ(track.rows()[0].length_ns(), 25 * kMs);
}

TEST(StretchTracker, AReusedTidIsAnotherThread) {
  StretchTracker tracker(Seeing::sampled);
  tracker.began({.thread = ThreadId{1}, .pid = kTid, .tid = kTid}, 0, Place::on_cpu);
  tracker.switched({.time_ns = 1 * kMs, .pid = kTid, .tid = kTid, .out = true, .forced = false});
  tracker.began({.thread = ThreadId{2}, .pid = kTid, .tid = kTid}, 3 * kMs, Place::ready);
  tracker.ended(kTid, 5 * kMs);
  std::vector<KeptStretch> rows;
  std::vector<ThreadWaits> waits;
  tracker.take(rows, waits);
  std::map<uint32_t, uint64_t> waited_ns;
  for (const ThreadWaits& news : waits) waited_ns[news.thread.value] += news.waited_ns;
  EXPECT_EQ(waited_ns[1], 2 * kMs);
  EXPECT_EQ(waited_ns[2], 2 * kMs);
}

struct Sums {
  std::map<ThreadState, double> seconds;
  double all = 0;
};

Sums sum(const std::vector<KeptStretch>& rows) {
  Sums sums;
  for (const KeptStretch& row : rows) {
    const double seconds = static_cast<double>(row.weight) * static_cast<double>(row.length_ns()) / 1e9;
    sums.seconds[row.ready   ? ThreadState::runnable
                 : row.sight ? row.sight->state
                             : ThreadState::unknown] += seconds;
    sums.all += seconds;
  }
  return sums;
}

// A thread that waits in two ways, of lengths from 20 us to 40 ms, seen as each engine would: sums over rows
// are those over all stretches, by state too.
class Weights : public testing::TestWithParam<Seeing> {};

TEST_P(Weights, RowsStandForAllStretches) {
  const bool sampled = GetParam() == Seeing::sampled;
  std::mt19937_64 random(20261129);
  std::lognormal_distribution<double> io_us(std::log(200.0), 1.5), lock_us(std::log(1500.0), 1.0);
  std::uniform_real_distribution<double> chance;
  Track track(GetParam());
  std::map<ThreadState, double> truth;
  uint64_t now_ns = 0;
  for (int i = 0; i < 200'000; ++i) {
    const bool is_io = chance(random) < 0.6;
    const ThreadState state = is_io ? ThreadState::io : ThreadState::lock;
    const auto length_ns =
        static_cast<uint64_t>(std::clamp(is_io ? io_us(random) : lock_us(random), 20.0, 40'000.0) * 1e3);
    truth[state] += static_cast<double>(length_ns) / 1e9;
    now_ns += 10'000;
    if (sampled && i % 8 == 0) track->sampled(kTid, sight_of(state));
    track.out(now_ns);
    // Looks come each 1 ms, at stretches that are 2 ms old, and at others by chance.
    const uint64_t certain_ns = 2 * kMs + static_cast<uint64_t>(chance(random) * kMs);
    const double length = static_cast<double>(length_ns);
    const bool by_chance = chance(random) < length / 10e6;
    const bool seen = length_ns > certain_ns || (!sampled && by_chance);
    if (seen && (!sampled || length_ns > StretchTracker::kAlwaysNs))
      track->looked_at(kTid, now_ns + length_ns / 2, sight_of(state));
    track.in(now_ns += length_ns);
  }
  track->close(now_ns);
  const Sums sums = sum(track.rows());
  const double waited = static_cast<double>(track.sum().waited_ns) / 1e9;
  EXPECT_NEAR(truth[ThreadState::io] + truth[ThreadState::lock], waited, 1e-6);
  EXPECT_NEAR(sums.all, waited, waited * 0.02);
  for (const ThreadState state : {ThreadState::io, ThreadState::lock}) {
    EXPECT_NEAR(sums.seconds.at(state) / sums.all, truth[state] / waited, 0.02) << name_of(state);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Weights, testing::Values(Seeing::sampled, Seeing::looked_at),
                         [](const auto& way) {
                           return way.param == Seeing::sampled ? "sampled" : "looked_at";
                         });

TEST(StretchTracker, ShortOnesThatNobodySawAreUnknownAndComplete) {
  Track track(Seeing::sampled);
  for (uint64_t i = 0; i < 100; ++i) {
    track.out(i * kMs + 1);
    track.in(i * kMs + 1 + 100'000 + i);
  }
  track->ended(kTid, 200 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_EQ(track.rows()[0].weight, 100U);
  EXPECT_FALSE(track.rows()[0].sight);
  EXPECT_NEAR(sum(track.rows()).all, static_cast<double>(track.sum().waited_ns) / 1e9, 1e-5);
  EXPECT_EQ(track->counts().lost, 0U);
}

TEST(StretchTracker, AWakeUpTellsWhenTheWaitingEndedAndWhoEndedIt) {
  Track track(Seeing::sampled);
  track.out(10 * kMs);
  track->woke(kTid, 25 * kMs, ThreadId{7});
  track.in(28 * kMs);
  track.out(30 * kMs);  // nobody is told of
  track.in(45 * kMs);
  track->observe_run_delay(kTid, 3 * kMs);
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_EQ(track.rows()[0].runnable_ns, 3 * kMs);
  EXPECT_EQ(track.rows()[0].waker, ThreadId{7});
  EXPECT_TRUE(track.rows()[1].waker.is_none());
  EXPECT_EQ(track.sum().runnable_ns, 3 * kMs);
}

TEST(StretchTracker, TheSchedulersSumIsForWakeUpsThatAreNotKnown) {
  Track track(Seeing::sampled);
  track->observe_run_delay(kTid, 0);
  track.out(10 * kMs);
  track->woke(kTid, 21 * kMs, ThreadId::none());
  track.in(22 * kMs);
  track.out(30 * kMs);
  track.in(45 * kMs);
  track->observe_run_delay(kTid, 6 * kMs);  // 1 of the first, so 5 of the second
  ASSERT_EQ(track.rows().size(), 2U);
  EXPECT_EQ(track.rows()[0].runnable_ns, 1 * kMs);
  EXPECT_EQ(track.rows()[1].runnable_ns, 5 * kMs);
  EXPECT_EQ(track.sum().runnable_ns, 6 * kMs);
}

TEST(StretchTracker, AWakeUpBeforeALongStretchIsNotItsEnd) {
  Track track(Seeing::sampled);
  track->woke(kTid, 10 * kMs - 50'000, ThreadId{7});  // while it ran
  track.out(10 * kMs);
  track.in(40 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_EQ(track.rows()[0].runnable_ns, 0U);
  EXPECT_TRUE(track.rows()[0].waker.is_none());
}

TEST(StretchTracker, AWakeUpOnTheWayOutIsOfTheShortStretchThatFollows) {
  Track track(Seeing::sampled);
  track->woke(kTid, 10 * kMs - 5'000, ThreadId{7});
  track.out(10 * kMs);
  track.in(10 * kMs + 20'000);
  track->settle(11 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_EQ(track.rows()[0].runnable_ns, 20'000U);
  EXPECT_EQ(track.rows()[0].waker, ThreadId{7});
}

TEST(StretchTracker, WaitsOfTwoLengthsAreToldApartHoweverFewOfThemAreSampled) {
  // 3 ms for a lock and 0.2 ms asleep in turns; of the lock's waits by chance far fewer were sampled.
  Track track(Seeing::sampled);
  uint64_t now_ns = kMs;
  for (int i = 0; i < 400; ++i) {
    if (i % 80 == 40) track->sampled(kTid, sight_of(ThreadState::lock));
    track.out(now_ns);
    track.in(now_ns += 3 * kMs);
    if (i % 8 == 4) track->sampled(kTid, sight_of(ThreadState::sleep));
    track.out(now_ns += 1'000);
    track.in(now_ns += 200'000);
    now_ns += 1'000;
  }
  track->close(now_ns);
  const Sums sums = sum(track.rows());
  EXPECT_NEAR(sums.seconds.at(ThreadState::lock), 400 * 0.003, 0.001);
  EXPECT_NEAR(sums.seconds.at(ThreadState::sleep), 400 * 0.0002, 0.001);
}

TEST(StretchTracker, ALengthOfWhichNoneWasSampledGoesWithTheNearestOne) {
  Track track(Seeing::sampled);
  track->sampled(kTid, sight_of(ThreadState::io));
  track.out(10 * kMs);
  track.in(12 * kMs);
  track.out(20 * kMs);
  track.in(25 * kMs);
  track->close(30 * kMs);
  ASSERT_EQ(track.rows().size(), 1U);
  EXPECT_EQ(track.rows()[0].sight->state, ThreadState::io);
  EXPECT_EQ(track.rows()[0].weight, 4U) << "7 ms by one of 2";
}

}  // namespace
}  // namespace strobe::record
