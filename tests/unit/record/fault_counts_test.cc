#include "record/fault_counts.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace strobe::record {
namespace {

TEST(FaultCounts, ASampleStandsForItsPeriod) {
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  FaultCounts faults(17);
  faults.count(ProcessId{0}, StackId{5});
  faults.count(ProcessId{1}, StackId{5});
  faults.count(ProcessId{0}, StackId{5});
  RecordingDelta delta;
  faults.take(delta);
  ASSERT_EQ(delta.memory.size(), 2U);
  const auto& [id, row] = delta.memory[0];
  EXPECT_EQ(id, 0U);
  EXPECT_EQ(row.process, ProcessId{0});
  EXPECT_EQ(row.stack, StackId{5});
  EXPECT_EQ(row.kind, MemoryKind::fault);
  EXPECT_EQ(row.allocated.count, 34U);
  EXPECT_EQ(row.allocated.bytes, 34 * page);
  const double each = 17.0 * static_cast<double>(page);
  EXPECT_DOUBLE_EQ(row.allocated.variance, 2 * each * each * 16 / 17);
}

TEST(FaultCounts, TellsChangedRowsAloneInTheOrderOfTheirIds) {
  FaultCounts faults(1);
  RecordingDelta first;
  faults.count(ProcessId{0}, StackId{5});
  faults.take(first);
  RecordingDelta none;
  faults.take(none);
  EXPECT_TRUE(none.memory.empty());
  RecordingDelta second;
  faults.count(ProcessId{0}, {});
  faults.count(ProcessId{0}, StackId{5});
  faults.take(second);
  ASSERT_EQ(second.memory.size(), 2U);
  EXPECT_EQ(second.memory[0].first, 0U);
  EXPECT_EQ(second.memory[0].second.allocated.count, 2U);
  EXPECT_EQ(second.memory[0].second.allocated.variance, 0) << "every fault was seen";
  EXPECT_EQ(second.memory[1].first, 1U);
  EXPECT_TRUE(second.memory[1].second.stack.is_none());
}

}  // namespace
}  // namespace strobe::record
