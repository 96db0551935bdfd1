#include "analyze/lock_waits.h"

#include <gtest/gtest.h>

#include <numeric>

#include "analyze/gil_view.h"
#include "analyze/parallelism.h"
#include "analyze/wait_places.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

constexpr double kTiny = 1e-9;

double sum_places(const std::vector<PlacedTime>& places) {
  return std::accumulate(places.begin(), places.end(), 0.0,
                         [](double sum, const PlacedTime& place) { return sum + place.seconds; });
}

struct Views {
  Profile profile;
  WaitPlaces places;
  LockView locks;
  GilView gils;
  explicit Views(Profile of)
      : profile(std::move(of)),
        places(find_wait_places(profile, select_all(profile))),
        locks(make_lock_view(profile, places.stacks, places.paths)),
        gils(make_gil_view(profile, places.stacks, places.paths)) {}

  [[nodiscard]] const ContendedLock* find_lock(uint64_t address) const {
    for (const ContendedLock& lock : locks.locks) {
      if (lock.address == address) return &lock;
    }
    return nullptr;
  }
};

TEST(LockWaits, AddUpToTheStatesOfTheThreads) {
  const Views views(test::waiting_profile());
  const ThreadStates states = sum_states(views.profile, select_all(views.profile));
  EXPECT_NEAR(views.locks.lock_seconds, seconds_in(states.sum, ThreadState::lock), kTiny);
  EXPECT_NEAR(views.locks.cond_seconds, seconds_in(states.sum, ThreadState::cond), kTiny);
  for (const ContendedLock& lock : views.locks.locks) {
    EXPECT_NEAR(sum_places(lock.waiting.waiters), lock.waiting.seconds, kTiny);
    EXPECT_NEAR(sum_places(lock.waiting.holders), lock.waiting.seconds, kTiny);
  }
}

TEST(LockWaits, ComeBeforeConditionsAndTheLongestFirst) {
  const Views views(test::waiting_profile());
  ASSERT_EQ(views.locks.locks.size(), 3u);
  EXPECT_EQ(views.locks.locks[0].name, "totals_lock");
  EXPECT_EQ(views.locks.locks[1].address, 0x7f0000003080u);
  EXPECT_EQ(views.locks.locks[2].kind, ThreadState::cond);
}

TEST(LockWaits, KeptOnesStandForTheOthers) {
  const Views views(test::waiting_profile());
  const ContendedLock* lock = views.find_lock(0x7f0000002040);
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->waiting.kept, 21u);
  // 20 kept waits of 0.2 ms that stand for 50 each, scaled to the thread's exact time, and a certain one
  EXPECT_GT(lock->waiting.count, 100);
  EXPECT_NEAR(lock->waiting.longest, 0.4, kTiny);
}

TEST(LockWaits, OwnersAreSeenAtWork) {
  const Views views(test::waiting_profile());
  const ContendedLock* lock = views.find_lock(0x7f0000002040);
  ASSERT_NE(lock, nullptr);
  EXPECT_NEAR(lock->waiting.owner_seconds, lock->waiting.seconds, kTiny);
  ASSERT_FALSE(lock->waiting.holders.empty());
  const PlacedTime& holder = lock->waiting.holders.front();
  EXPECT_EQ(holder.thread, ThreadId{2});
  EXPECT_EQ(holder.state, ThreadState::on_cpu);
  EXPECT_NEAR(holder.seconds, 0.4, 0.002);
}

TEST(LockWaits, AnUnknownOwnerIsNobody) {
  const Views views(test::waiting_profile());
  const ContendedLock* lock = views.find_lock(0x7f0000003080);
  ASSERT_NE(lock, nullptr);
  EXPECT_NEAR(lock->waiting.owner_seconds, 0, kTiny);
  ASSERT_EQ(lock->waiting.holders.size(), 1u);
  EXPECT_TRUE(lock->waiting.holders.front().thread.is_none());
}

TEST(LockWaits, OneAddressInTwoProcessesIsTwoLocks) {
  test::ProfileBuilder b;
  for (const int32_t pid : {1, 2}) {
    const ThreadId thread = b.thread(b.process(pid, "app"), pid, "app", 0.1);
    b.stretch(thread, StackId::none(), ThreadState::lock, 0.0, 1.0).object_address = 0x1000;
    b.waited(thread, 1.0, 0);
  }
  EXPECT_EQ(Views(b.build()).locks.locks.size(), 2u);
}

TEST(GilView, HeldAndWaitedPerThread) {
  const Views views(test::waiting_profile());
  ASSERT_EQ(views.gils.gils.size(), 1u);
  const InterpreterGil& gil = views.gils.gils.front();
  EXPECT_EQ(gil.interpreter, "interpreter 0");
  EXPECT_NEAR(gil.waiting.seconds, 0.9, kTiny);
  // the main thread 0.2, worker 1 all of its 0.9, worker 2 the first 300 of its 700 samples
  EXPECT_NEAR(gil.held_seconds, 0.2 + 0.9 + 0.3, kTiny);
  ASSERT_FALSE(gil.threads.empty());
  EXPECT_EQ(gil.threads.front().thread, ThreadId{1});
  EXPECT_NEAR(gil.threads.front().held_seconds, 0.9, kTiny);
  EXPECT_NEAR(gil.threads.front().waited_seconds, 0.3, kTiny);
}

TEST(GilView, HoldersAreThoseWhoWorkWhileOthersWait) {
  const Views views(test::waiting_profile());
  const Waiting& waiting = views.gils.gils.front().waiting;
  EXPECT_NEAR(sum_places(waiting.holders), waiting.seconds, kTiny);
  EXPECT_EQ(waiting.holders.front().thread, ThreadId{1});
  EXPECT_NEAR(waiting.holders.front().seconds, 0.6, 0.002);
}

TEST(GilView, TheLongestHoldIsARunOfLooks) {
  const Views views(test::waiting_profile());
  // worker 1 is seen holding from 0.2 s to its last sample before 0.8 s
  EXPECT_NEAR(views.gils.gils.front().longest_hold_seconds, 0.599, 0.0015);
}

TEST(GilView, AnotherHolderEndsARun) {
  test::ProfileBuilder b;
  const ProcessId process = b.process(1, "python3");
  const ThreadId one = b.thread(process, 1, "one", 0.010);
  const ThreadId two = b.thread(process, 2, "two", 0.001);
  b.samples(one, StackId::none(), 10);
  b.samples(two, StackId::none(), 1);
  for (SampleRow& sample : b.profile.samples) sample.python = PythonState::python;
  for (size_t i = 0; i < 10; ++i) b.profile.samples[i].time_ns = i * 1'000'000;
  b.profile.samples[10].time_ns = 5'500'000;
  b.profile.info.wall = true;
  const Views views(b.build());
  ASSERT_EQ(views.gils.gils.size(), 1u);
  EXPECT_NEAR(views.gils.gils.front().longest_hold_seconds, 0.005, kTiny);
}

TEST(GilView, ATimeWithoutALookIsNoHold) {
  test::ProfileBuilder b;
  const ThreadId thread = b.thread(b.process(1, "python3"), 1, "one", 0.010);
  b.samples(thread, StackId::none(), 2);
  for (SampleRow& sample : b.profile.samples) sample.python = PythonState::python;
  b.profile.samples[1].time_ns = 1'000'000'000;
  b.profile.info.wall = true;
  EXPECT_NEAR(Views(b.build()).gils.gils.front().longest_hold_seconds, 0, kTiny);
}

TEST(Parallelism, LiesWhereTheSamplesAre) {
  const Profile profile = test::waiting_profile();
  const SelectedThreads all = select_all(profile);
  const Parallelism parallelism = measure_parallelism(profile, all, attribute(profile, all), 10);
  EXPECT_NEAR(parallelism.average, 1.9 / 2.0, kTiny);
  ASSERT_EQ(parallelism.slots.size(), 10u);
  const double sum = std::accumulate(parallelism.slots.begin(), parallelism.slots.end(), 0.0);
  EXPECT_NEAR(sum * parallelism.slot_seconds, 1.9, kTiny);
  EXPECT_NEAR(parallelism.slots[2], 1.0 + 0.05, 0.01);  // one thread, and the one without samples
}

}  // namespace
}  // namespace strobe::analyze
