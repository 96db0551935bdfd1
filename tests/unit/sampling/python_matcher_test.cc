// Samples and frames that arrive apart: who finds whom, in both orders of time, and when either side is lost.
#include "sampling/perf/python_matcher.h"

#include <gtest/gtest.h>

namespace strobe::sampling {
namespace {

constexpr uint64_t kPeriodNs = 100'000;
constexpr uint64_t kGapNs = 3'000;  // between the two times of one interrupt
constexpr pid_t kTid = 7;

/// Frames that tell which interrupt they are of.
void add(PythonMatcher& matcher, pid_t tid, uint64_t time_ns, uint64_t interrupt) {
  PythonCapture& capture = matcher.add(tid, time_ns);
  capture.clear();
  capture.interpreter = interrupt;
}

/// Which interrupt's frames a sample gets; 0 none.
uint64_t take(PythonMatcher& matcher, pid_t tid, uint64_t time_ns) {
  const PythonCapture* capture = matcher.take(tid, time_ns);
  return capture == nullptr ? 0 : capture->interpreter;
}

/// When the sample of an interrupt is stamped, and when its frames are read.
struct Times {
  bool record_first = false;
  [[nodiscard]] uint64_t sample_ns(uint64_t interrupt) const {
    return interrupt * kPeriodNs + (record_first ? kGapNs : 0);
  }
  [[nodiscard]] uint64_t record_ns(uint64_t interrupt) const {
    return interrupt * kPeriodNs + (record_first ? 0 : kGapNs);
  }
};

class PythonMatcherTest : public testing::TestWithParam<bool> {
 protected:
  static constexpr uint64_t kLearnt = 40;  // interrupts that went well before

  PythonMatcherTest() {
    for (uint64_t i = 1; i <= kLearnt; ++i) {
      add(matcher_, kTid, times_.record_ns(i), i);
      if (take(matcher_, kTid, times_.sample_ns(i)) == i) ++matched_;
    }
  }

  Times times_{.record_first = GetParam()};
  PythonMatcher matcher_{kPeriodNs / 2};
  uint64_t matched_ = 0;
};

TEST_P(PythonMatcherTest, EverySampleFindsItsFrames) {
  EXPECT_EQ(matched_, kLearnt);
  EXPECT_EQ(matcher_.unmatched(), 0u);
}

TEST_P(PythonMatcherTest, FramesThatCameInABatchAreToldApart) {
  for (uint64_t i = 41; i <= 60; ++i) add(matcher_, kTid, times_.record_ns(i), i);
  for (uint64_t i = 41; i <= 60; ++i) EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(i)), i);
}

TEST_P(PythonMatcherTest, ASampleWithoutFramesTakesNobodyElses) {
  add(matcher_, kTid, times_.record_ns(41), 41);
  add(matcher_, kTid, times_.record_ns(43), 43);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(41)), 41u);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(42)), 0u);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(43)), 43u);
  EXPECT_EQ(matcher_.unmatched(), 0u);
}

TEST_P(PythonMatcherTest, FramesOfALostSampleAreDroppedAndCounted) {
  for (uint64_t i = 41; i <= 43; ++i) add(matcher_, kTid, times_.record_ns(i), i);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(43)), 43u);
  EXPECT_EQ(matcher_.unmatched(), 2u);
}

TEST_P(PythonMatcherTest, ANeighbourThatIsCloseIsNotTaken) {
  // A thread that moves to another CPU is sampled by that one's clock as well: two interrupts hardly apart.
  const uint64_t second_ns = kGapNs + 1'000;  // after the first
  add(matcher_, kTid, times_.record_ns(41) + second_ns, 42);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(41) + second_ns), 42u);
  add(matcher_, kTid, times_.record_ns(50), 50);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(50) + (GetParam() ? -second_ns : second_ns)), 0u)
      << "the frames are of an interrupt on the wrong side of the sample";
}

TEST_P(PythonMatcherTest, ThreadsAreApart) {
  add(matcher_, kTid, times_.record_ns(41), 41);
  add(matcher_, kTid + 1, times_.record_ns(41), 1041);
  EXPECT_EQ(take(matcher_, kTid + 1, times_.sample_ns(41)), 1041u);
  EXPECT_EQ(take(matcher_, kTid + 2, times_.sample_ns(41)), 0u);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(41)), 41u);
}

TEST_P(PythonMatcherTest, WhatWaitsForASampleThatCannotComeIsForgotten) {
  for (uint64_t i = 41; i <= 50; ++i) add(matcher_, kTid, times_.record_ns(i), i);
  matcher_.forget_before(times_.sample_ns(46));
  EXPECT_EQ(matcher_.unmatched(), 5u);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(46)), 46u);
}

TEST_P(PythonMatcherTest, AThreadWithoutSamplesDoesNotFillMemory) {
  constexpr uint64_t kMany = 50'000;
  for (uint64_t i = 41; i < 41 + kMany; ++i) add(matcher_, kTid, times_.record_ns(i), i);
  EXPECT_GE(matcher_.unmatched(), kMany / 2);
  EXPECT_EQ(take(matcher_, kTid, times_.sample_ns(40 + kMany)), 40 + kMany);
}

INSTANTIATE_TEST_SUITE_P(BothOrders, PythonMatcherTest, testing::Bool(),
                         [](const auto& order) { return order.param ? "RecordFirst" : "SampleFirst"; });

TEST(PythonMatcher, FramesReadForOneSampleHaveItsTime) {
  PythonMatcher matcher(kPeriodNs / 2);
  for (uint64_t i = 1; i <= 100; ++i) {
    add(matcher, kTid, i * kPeriodNs, i);
    EXPECT_EQ(take(matcher, kTid, i * kPeriodNs), i);
  }
}

}  // namespace
}  // namespace strobe::sampling
