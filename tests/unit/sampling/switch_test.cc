// Switch records, and which share of the switches is sampled.
#include <gtest/gtest.h>

#include "record_bytes.h"
#include "sampling/perf/perf_record.h"
#include "sampling/perf/switch_rate.h"

namespace strobe::sampling {
namespace {

SwitchEvent decode_switch(uint16_t misc) {
  const auto words = test::RecordWriter(PERF_RECORD_SWITCH, misc).trailer(100, 101, 5'000).words();
  const auto record = decode_record(test::bytes_of(words), {});
  EXPECT_TRUE(record) << record.error().what;
  const auto* event = record ? std::get_if<SwitchEvent>(&*record) : nullptr;
  EXPECT_NE(event, nullptr);
  return event == nullptr ? SwitchEvent{} : *event;
}

TEST(SwitchRecord, TellsWhoseWhenAndWhichWay) {
  const SwitchEvent in = decode_switch(0);
  EXPECT_EQ(in.pid, 100);
  EXPECT_EQ(in.tid, 101);
  EXPECT_EQ(in.time_ns, 5'000U);
  EXPECT_FALSE(in.out);
  EXPECT_FALSE(in.forced);
  const SwitchEvent out = decode_switch(PERF_RECORD_MISC_SWITCH_OUT);
  EXPECT_TRUE(out.out);
  EXPECT_FALSE(out.forced);
  const SwitchEvent forced = decode_switch(PERF_RECORD_MISC_SWITCH_OUT | PERF_RECORD_MISC_SWITCH_OUT_PREEMPT);
  EXPECT_TRUE(forced.out);
  EXPECT_TRUE(forced.forced);
}

TEST(SwitchRecord, WithoutItsTrailerIsRefused) {
  const auto words = test::RecordWriter(PERF_RECORD_SWITCH).put(uint64_t{1}).words();
  EXPECT_FALSE(decode_record(test::bytes_of(words), {}));
}

constexpr uint64_t kMs = 1'000'000;

/// Stacks a second that are copied when `rate` switches a second go on for two seconds.
double settled_rate(uint64_t rate, SwitchRate& shares) {
  uint64_t now_ns = 1'000 * kMs;
  uint64_t switches = 0;
  for (int i = 0; i < 2'000; ++i) {
    now_ns += kMs;
    switches += rate / 1'000;
    shares.observe(now_ns, switches);
  }
  return static_cast<double>(rate) / static_cast<double>(kSwitchShares[shares.level()]);
}

TEST(SwitchRate, NeverCopiesMoreThanItsBoundOnceARateIsKnown) {
  for (const uint64_t rate : {1'000, 3'000, 15'000, 17'000, 100'000, 900'000}) {
    SwitchRate shares;
    EXPECT_LE(settled_rate(rate, shares), SwitchRate::kMaxStacksPerSecond) << rate;
    // Nor far fewer: the next larger share would be too much.
    if (shares.level() == 0) continue;
    const double next = static_cast<double>(rate) / static_cast<double>(kSwitchShares[shares.level() - 1]);
    EXPECT_GT(next, SwitchRate::kMaxStacksPerSecond * 0.7) << rate;
  }
}

TEST(SwitchRate, AFloodIsMetAtOnce) {
  SwitchRate shares;
  shares.observe(1'000 * kMs, 0);
  EXPECT_EQ(shares.level(), 0U);
  EXPECT_TRUE(shares.observe(1'005 * kMs, 500));  // 100,000 a second, 5 ms after its beginning
  EXPECT_EQ(kSwitchShares[shares.level()], 61U);
}

TEST(SwitchRate, ASteadyRateDoesNotSwing) {
  SwitchRate shares;
  settled_rate(3'000, shares);
  const size_t level = shares.level();
  uint64_t now_ns = 3'000 * kMs;  // where settled_rate() has ended
  uint64_t switches = 6'000;
  for (int i = 0; i < 50; ++i) {
    now_ns += 100 * kMs;
    switches += i % 2 == 0 ? 205 : 215;
    shares.observe(now_ns, switches);
    EXPECT_EQ(shares.level(), level) << i;
  }
}

TEST(SwitchRate, ComesBackToAllOfThemWhenItIsQuiet) {
  SwitchRate shares;
  settled_rate(100'000, shares);
  ASSERT_GT(shares.level(), 0U);
  uint64_t now_ns = 9'000 * kMs;
  for (int i = 0; i < 10; ++i) shares.observe(now_ns += 200 * kMs, 1'000'000);
  EXPECT_EQ(shares.level(), 0U);
}

}  // namespace
}  // namespace strobe::sampling
