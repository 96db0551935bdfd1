#include "analyze/thread_states.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

using test::ProfileBuilder;

constexpr double kTiny = 1e-9;

double at(const StateSeconds& states, ThreadState state) { return seconds_in(states, state); }

struct OneThread {
  ProfileBuilder b;
  ProcessId process = b.process(1, "app");
  ThreadId thread = b.thread(process, 1, "app", 0.5);
  StackId stack = b.stack({b.frame(b.function("wait", "/w.c", 1, b.module("/bin/app")))});
  [[nodiscard]] ThreadStates states() const {
    const Profile profile = b.build();
    return sum_states(profile, select_all(profile));
  }
  [[nodiscard]] StretchWeights weights() const {
    const Profile profile = b.build();
    return weigh_stretches(profile, select_all(profile));
  }
};

TEST(ThreadStates, AddUpToTheThreadsLife) {
  OneThread t;
  t.b.waited(t.thread, 1.5, 0.25);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.0);
  t.b.stretch(t.thread, t.stack, ThreadState::lock, 1.1, 1.5).runnable_ns = 150'000'000;
  t.b.stretch(t.thread, t.stack, ThreadState::runnable, 1.6, 1.7);
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::on_cpu), 0.5, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 1.0, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::lock), 0.25, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::runnable), 0.25, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::unknown), 0, kTiny);
  EXPECT_NEAR(sum_of(states.sum), 2.0, kTiny);
}

TEST(ThreadStates, WhatIsKeptOfManyIsScaledToWhatIsLeftOfTheExactTime) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 0.4);  // certain: it stands for itself
  t.b.stretch(t.thread, t.stack, ThreadState::lock, 0.4, 0.401).weight = 100;
  t.b.stretch(t.thread, t.stack, ThreadState::io, 0.5, 0.502).weight = 100;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 0.4, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::lock), 0.2, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::io), 0.4, kTiny);
  EXPECT_NEAR(sum_of(states.sampled), 0.6, kTiny);
  // (0.2 + 0.4)^2 / (0.2^2 + 0.4^2)
  EXPECT_NEAR(states.effective_stretches, 1.8, kTiny);
}

TEST(ThreadStates, CertainStretchesHaveNoIntervalAndSampledOnesDo) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 0.4);
  t.b.stretch(t.thread, t.stack, ThreadState::lock, 0.4, 0.401).weight = 100;
  t.b.stretch(t.thread, t.stack, ThreadState::io, 0.5, 0.502).weight = 100;
  const ThreadStates states = t.states();
  const Interval sleep = interval_of(states, ThreadState::disk);
  EXPECT_NEAR(sleep.low, 0, kTiny);
  const Interval io = interval_of(states, ThreadState::io);
  EXPECT_LT(io.low, 0.4);
  EXPECT_GT(io.high, 0.4);
  EXPECT_LE(io.high, 0.6 + kTiny);
}

TEST(ThreadStates, NoIntervalWhereEveryStretchWasKept) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.0);
  const Interval sleep = interval_of(t.states(), ThreadState::sleep);
  EXPECT_NEAR(sleep.low, 1.0, kTiny);
  EXPECT_NEAR(sleep.high, 1.0, kTiny);
}

TEST(ThreadStates, WaitingThatNobodySawIsUnknown) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0.2);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 0.5);
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 0.5, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::runnable), 0.2, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::unknown), 0.3, kTiny);
  const StretchWeights weights = t.weights();
  EXPECT_NEAR(at(weights.unseen[0], ThreadState::runnable), 0.2, kTiny);
  EXPECT_NEAR(at(weights.unseen[0], ThreadState::unknown), 0.3, kTiny);
}

TEST(ThreadStates, MoreThanChanceExplainsIsUnknown) {
  OneThread t;
  t.b.waited(t.thread, 10.0, 0);
  // 100 stretches that stand for two each, 0.2 s in all, +- 0.014
  for (int i = 0; i < 100; ++i)
    t.b.stretch(t.thread, t.stack, ThreadState::lock, 0.01 * i, 0.01 * i + 0.001).weight = 2;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::lock), 0.2 + 3 * std::sqrt(100 * 2e-6), 1e-6);
  EXPECT_NEAR(sum_of(states.sum), 10.5, kTiny);
}

TEST(ThreadStates, PausesAreNobodysTime) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.0);
  t.b.profile.threads[0].end_ns += 300'000'000;
  t.b.profile.quality.pauses = {.count = 1, .total_ns = 300'000'000};
  EXPECT_NEAR(at(t.states().sum, ThreadState::unknown), 0, kTiny);
}

TEST(ThreadStates, StretchesLongerThanTheExactTimeAreShortenedToIt) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.2);
  t.b.stretch(t.thread, t.stack, ThreadState::io, 0.0, 0.001).weight = 100;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 1.0, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::io), 0.0, kTiny);
}

TEST(ThreadStates, WhatSwitchesCountTwiceIsNotOnTheCpu) {
  OneThread t;
  t.b.waited(t.thread, 1.5, 0.25);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.25);
  ThreadRow& row = t.b.profile.threads[0];
  row.voluntary_switches = 800;
  row.forced_switches = 200;
  row.end_ns -= 10'000'000;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::on_cpu), 0.49, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::runnable), 0.25, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 1.25, kTiny);
  EXPECT_NEAR(sum_of(states.sum), 1.99, kTiny);
  // More than they can be is no overlap, and stays to be seen.
  row.voluntary_switches = 80;
  row.forced_switches = 20;
  EXPECT_NEAR(sum_of(t.states().sum), 1.997, kTiny);
}

TEST(ThreadStates, WithoutExactTimesTheStretchesTell) {
  OneThread t;
  t.b.profile.threads[0].end_ns = 2'000'000'000;
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 0.6);
  t.b.stretch(t.thread, t.stack, ThreadState::io, 1.0, 1.002).weight = 100;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 0.6, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::io), 0.2, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::unknown), 0.7, kTiny);
  EXPECT_NEAR(sum_of(states.sum), 2.0, kTiny);
}

TEST(ThreadStates, WithoutWaitingRecordedTheRestOfALifeIsUnknown) {
  OneThread t;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::on_cpu), 0.5, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::unknown), 1.5, kTiny);
  EXPECT_NEAR(sum_of(states.sum), 2.0, kTiny);
}

TEST(ThreadStates, ThreadsNotSelectedCountForNothing) {
  OneThread t;
  const ThreadId other = t.b.thread(t.process, 2, "other", 0.1);
  t.b.waited(t.thread, 1.0, 0);
  t.b.waited(other, 1.0, 0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 0.0, 1.0);
  t.b.stretch(other, t.stack, ThreadState::io, 0.0, 1.0);
  const Profile profile = t.b.build();
  const ThreadStates states = sum_states(profile, {false, true});
  EXPECT_NEAR(at(states.sum, ThreadState::io), 1.0, kTiny);
  EXPECT_NEAR(at(states.sum, ThreadState::sleep), 0.0, kTiny);
  EXPECT_NEAR(sum_of(states.threads[0]), 0.0, kTiny);
}

TEST(ThreadStates, StretchesOfNoThreadAndBackwardsOnesAreNothing) {
  OneThread t;
  t.b.waited(t.thread, 1.0, 0);
  t.b.stretch(ThreadId{7}, t.stack, ThreadState::sleep, 0.0, 1.0);
  t.b.stretch(t.thread, t.stack, ThreadState::sleep, 1.0, 0.5).runnable_ns = UINT64_MAX;
  const ThreadStates states = t.states();
  EXPECT_NEAR(at(states.sum, ThreadState::unknown), 1.0, kTiny);
}

}  // namespace
}  // namespace strobe::analyze
