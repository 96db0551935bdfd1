// Records of wake-ups, and when they are recorded.
#include <gtest/gtest.h>

#include "record_bytes.h"
#include "sampling/perf/perf_record.h"
#include "sampling/perf/wake_budget.h"
#include "sampling/perf/wake_record.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr size_t kPidOffset = 24;

/// As the kernel writes it: thread 11 of process 10 wakes 77, at 1234.
std::vector<uint64_t> wake_record(uint8_t flags, uint32_t raw_bytes = 36) {
  test::RecordWriter record(PERF_RECORD_SAMPLE);
  record.put(uint64_t{7}).put(uint64_t{0xffffffff81000000}).put(int32_t{10}).put(int32_t{11});
  record.put(uint64_t{1234}).put(uint32_t{1}).put(uint32_t{0});
  record.put(raw_bytes);
  record.put(uint16_t{375}).put(flags).put(uint8_t{0}).put(int32_t{11});
  record.put(uint64_t{0}).put(uint64_t{0});  // comm
  return record.put(int32_t{77}).put(int32_t{120}).put(int32_t{1}).words();
}

TEST(WakeRecord, TellsWhoWokeWhom) {
  const auto words = wake_record(0x01);
  const auto wake = decode_wake(test::bytes_of(words), kPidOffset);
  ASSERT_TRUE(wake) << wake.error().what;
  EXPECT_EQ(wake->tid, 77);
  EXPECT_EQ(wake->waker_pid, 10);
  EXPECT_EQ(wake->waker_tid, 11);
  EXPECT_EQ(wake->time_ns, 1234U);
  EXPECT_EQ(decode_record_time(test::bytes_of(words)), 1234U);
  EXPECT_EQ(decode_sample_id(test::bytes_of(words)), 7U);
}

TEST(WakeRecord, WhomAnInterruptHitWokeNobody) {
  for (const uint8_t flags : {uint8_t{0x09}, uint8_t{0x11}}) {
    const auto words = wake_record(flags);
    const auto wake = decode_wake(test::bytes_of(words), kPidOffset);
    ASSERT_TRUE(wake) << wake.error().what;
    EXPECT_EQ(wake->tid, 77);
    EXPECT_EQ(wake->waker_tid, 0);
  }
}

TEST(WakeRecord, LengthsThatDoNotFitAreRefused) {
  for (const uint32_t raw_bytes : {0U, 20U, 1'000U, UINT32_MAX}) {
    const auto words = wake_record(1, raw_bytes);
    EXPECT_FALSE(decode_wake(test::bytes_of(words), kPidOffset)) << raw_bytes;
  }
  const auto words = wake_record(1);
  EXPECT_FALSE(decode_wake(test::bytes_of(words), 34));
  EXPECT_FALSE(decode_wake(test::bytes_of(words), SIZE_MAX));
  EXPECT_FALSE(decode_wake(test::bytes_of(words).first(40), kPidOffset));
  EXPECT_EQ(decode_sample_id(test::bytes_of(words).first(8)), 0U);
  const auto lost = test::lost_record(1, 1);
  EXPECT_EQ(decode_sample_id(test::bytes_of(lost)), 0U);
  EXPECT_FALSE(decode_wake(test::bytes_of(lost), kPidOffset));
}

/// A machine with so many wake-ups and switches a second; those that happen while they are off are not seen.
class Machine {
 public:
  void run(uint64_t ms, uint64_t wakes_per_ms, uint64_t switches_per_ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      now_ns_ += kMs;
      if (budget.on()) wakes_ += wakes_per_ms;
      recorded += budget.on() ? wakes_per_ms : 0;
      switches_ += switches_per_ms;
      budget.observe(now_ns_, wakes_, switches_);
    }
  }
  WakeBudget budget;
  uint64_t recorded = 0;

 private:
  uint64_t now_ns_ = 1'000 * kMs;
  uint64_t wakes_ = 0;
  uint64_t switches_ = 0;
};

TEST(WakeBudget, ModerateRatesAreAlwaysRecorded) {
  Machine machine;
  machine.run(10'000, 10, 10);
  EXPECT_EQ(machine.recorded, 100'000U);
}

TEST(WakeBudget, AFloodOfTheTargetIsLeftAtOnceAndItsEndNoticed) {
  Machine machine;
  machine.run(5'000, 100, 100);
  EXPECT_FALSE(machine.budget.on());
  EXPECT_LT(machine.recorded, 2'500U);
  machine.run(3'000, 1, 1);
  EXPECT_TRUE(machine.budget.on());
}

TEST(WakeBudget, OtherProgramsFloodIsTriedEverMoreRarely) {
  Machine machine;
  machine.run(60'000, 100, 1);
  const uint64_t first_minute = machine.recorded;
  EXPECT_LT(first_minute, 60 * WakeBudget::kMaxPerSecond / 10);
  machine.recorded = 0;
  machine.run(60'000, 100, 1);
  EXPECT_LT(machine.recorded, first_minute / 2 + 1);
}

}  // namespace
}  // namespace strobe::sampling
