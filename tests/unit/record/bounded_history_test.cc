// A bounded recording: what is dropped leaves all sums, and what is kept stays in them.
#include "record/bounded_history.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/clock.h"

namespace strobe::record {
namespace {

constexpr pid_t kNoProcess = 0x7fffff00;  // above every pid: nothing is read from it

void take_samples(SampleSink& sink, uint64_t count, uint64_t cpu_ns) {
  for (uint64_t i = 0; i < count; ++i) {
    RawSample sample;
    sample.pid = sample.tid = kNoProcess;
    sample.time_ns = 1;
    sink.on_sample(sample);
  }
  sink.on_thread_cpu({.time_ns = 1, .pid = kNoProcess, .tid = kNoProcess, .cpu_ns = cpu_ns});
}

TEST(BoundedHistory, DropsWhatIsTooOldAndKeepsTheRest) {
  SampleSink sink({});
  BoundedHistory history({.max_bytes = 0, .max_age_ns = 8 * kNsPerSecond}, 0);
  for (uint64_t second = 1; second <= 10; ++second) {
    take_samples(sink, second, second * 1000);
    static_cast<void>(sink.take_delta());
    ASSERT_TRUE(history.is_segment_full(second * kNsPerSecond, sink));
    history.end_segment(second * kNsPerSecond, sink);
  }
  const auto mark = history.drop_oldest(10 * kNsPerSecond, std::nullopt, sink);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->first_sample, 3U) << "those of the first two seconds";
  EXPECT_EQ(sink.tracker().total_cpu_ns(1), 52'000U);
  Quality quality;
  quality.samples.taken = quality.samples.stored = 55;
  quality.stacks.by_class[static_cast<size_t>(StackClass::none)] = 55;
  history.describe(0, quality);
  EXPECT_EQ(quality.samples.taken, 52U);
  EXPECT_EQ(quality.samples.stored, 52U);
  EXPECT_EQ(quality.stacks.by_class[static_cast<size_t>(StackClass::none)], 52U);
  EXPECT_EQ(quality.dropped.samples, 3U);
  EXPECT_EQ(quality.dropped.cpu_ns, 3000U);
  EXPECT_EQ(quality.dropped.until_ns, 2 * kNsPerSecond);
  uint64_t blamed = 0;
  for (const Blame& blame : sink.stack_blame()) blamed += blame.count;
  EXPECT_EQ(blamed, 52U);
}

TEST(BoundedHistory, DropsAsMuchAsTheFileIsTooLarge) {
  constexpr uint64_t kMaxBytes = 4 << 20;
  SampleSink sink({});
  BoundedHistory history({.max_bytes = kMaxBytes, .max_age_ns = 0}, 0);
  for (int i = 0; i < 4; ++i) {
    take_samples(sink, 15'000, 1000);
    static_cast<void>(sink.take_delta());
    ASSERT_TRUE(history.is_segment_full(1, sink));
    history.end_segment(1, sink);
  }
  EXPECT_FALSE(history.drop_oldest(2, std::nullopt, sink)) << "nobody knows how large it is";
  EXPECT_FALSE(history.drop_oldest(2, kMaxBytes / 2, sink));
  const auto mark = history.drop_oldest(2, kMaxBytes / 4 * 3 + 100'000, sink);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->first_sample, 15'000U);
  EXPECT_EQ(sink.tracker().total_cpu_ns(1), 3000U);
}

TEST(BoundedHistory, DoesNotDropSamplesForWhatIsNotSamples) {
  constexpr uint64_t kMaxBytes = 4 << 20;
  SampleSink sink({});
  BoundedHistory history({.max_bytes = kMaxBytes, .max_age_ns = 0}, 0);
  take_samples(sink, 100, 1000);
  static_cast<void>(sink.take_delta());
  history.end_segment(1, sink);
  EXPECT_FALSE(history.drop_oldest(2, kMaxBytes, sink));
  Quality quality;
  history.describe(0, quality);
  ASSERT_EQ(quality.warnings.size(), 1U);
}

TEST(BoundedHistory, SegmentsShareNoStacks) {
  StackTable stacks;
  const StackId root = stacks.intern({}, FrameId{1});
  const StackId leaf = stacks.intern(root, FrameId{2});
  EXPECT_EQ(stacks.recorded(leaf), StackId{1});
  RecordingDelta delta;
  stacks.take_new(delta);
  stacks.forget_all();
  const StackId again = stacks.intern(stacks.intern({}, FrameId{1}), FrameId{2});
  EXPECT_EQ(stacks.recorded(again), StackId{3});
  delta = {};
  stacks.take_new(delta);
  EXPECT_EQ(delta.first_stack, 2U);
  ASSERT_EQ(delta.stacks.size(), 2U);
  EXPECT_TRUE(delta.stacks[0].parent.is_none());
  EXPECT_EQ(delta.stacks[1].parent, StackId{2});
}

}  // namespace
}  // namespace strobe::record
