// Processes and threads from events: births, deaths, exec, reused ids, exact CPU time.
#include "record/target_tracker.h"

#include <gtest/gtest.h>

namespace strobe::record {
namespace {

// Ids far above pid_max, so that nothing real is ever looked up.
constexpr pid_t kParent = 100'000'001;
constexpr pid_t kChild = 100'000'002;

class TargetTrackerTest : public ::testing::Test {
 protected:
  StringTable strings_;
  ModuleTable modules_{strings_};
  TargetTracker tracker_{strings_, modules_, 1000, false};

  RecordingDelta delta() {
    RecordingDelta result;
    tracker_.take_changes(result);
    strings_.take_new(result);
    return result;
  }
};

TEST_F(TargetTrackerTest, ForkMakesAChildUnderItsParent) {
  tracker_.on_comm({1100, kParent, kParent, "sh", true});
  tracker_.on_fork({1200, kChild, kChild, kParent, kParent});
  const RecordingDelta rows = delta();
  ASSERT_EQ(rows.processes.size(), 2u);
  EXPECT_EQ(rows.processes[1].second.parent, rows.processes[0].first);
  EXPECT_EQ(rows.processes[1].second.start_ns, 200u);
  EXPECT_EQ(rows.processes[1].second.command, rows.processes[0].second.command);
}

TEST_F(TargetTrackerTest, AReusedPidIsAnotherProcess) {
  tracker_.on_fork({1100, kChild, kChild, kParent, kParent});
  const ThreadId first = tracker_.thread(kChild, kChild, 1150);
  tracker_.on_exit({1200, kChild, kChild});
  tracker_.on_thread_cpu({1201, kChild, kChild, 7});  // the kernel tells after the exit
  tracker_.on_fork({1300, kChild, kChild, kParent, kParent});
  const ThreadId second = tracker_.thread(kChild, kChild, 1350);
  EXPECT_NE(first, second);
  const RecordingDelta rows = delta();
  ASSERT_EQ(rows.threads.size(), 2u);
  EXPECT_EQ(rows.threads[0].second.cpu_ns, 7u);
  EXPECT_EQ(rows.threads[1].second.cpu_ns, 0u);
  EXPECT_TRUE(rows.processes[0].second.exited);
  EXPECT_FALSE(rows.processes[1].second.exited);
}

TEST_F(TargetTrackerTest, AProcessEndsWithItsLastThread) {
  tracker_.on_fork({1100, kChild, kChild, kParent, kParent});
  tracker_.on_fork({1110, kChild, kChild + 1, kChild, kChild});
  tracker_.on_exit({1200, kChild, kChild});
  EXPECT_FALSE(tracker_.processes()[0].exited);
  tracker_.on_exit({1300, kChild, kChild + 1});
  EXPECT_TRUE(tracker_.processes()[0].exited);
  EXPECT_EQ(tracker_.processes()[0].end_ns, 300u);
}

TEST_F(TargetTrackerTest, ExecDropsTheOldMappings) {
  tracker_.on_fork({1100, kChild, kChild, kParent, kParent});
  MapEvent map;
  map.pid = map.tid = kChild;
  map.start = 0x1000;
  map.size = 0x1000;
  tracker_.on_map(map);
  EXPECT_NE(tracker_.process(kChild, 1150).space.find(RuntimeAddr{0x1800}), nullptr);
  tracker_.on_comm({1200, kChild, kChild, "new", true});
  EXPECT_EQ(tracker_.process(kChild, 1250).space.find(RuntimeAddr{0x1800}), nullptr);
}

TEST_F(TargetTrackerTest, AThreadWhoseLastWordsWereLostCountsByItsSamples) {
  tracker_.on_fork({1100, kChild, kChild, kParent, kParent});
  tracker_.on_thread_cpu({.time_ns = 1200, .pid = kChild, .tid = kChild, .cpu_ns = 5500});
  tracker_.count_sample(tracker_.thread(kChild, kChild, 1200));
  const ThreadId lost = tracker_.thread(kParent, kParent, 1200);
  for (int i = 0; i < 3; ++i) tracker_.count_sample(lost);
  EXPECT_EQ(tracker_.total_cpu_ns(1000), 5500U + 3000U);
}

TEST_F(TargetTrackerTest, GroupsProcessesWithoutSamplesByCommand) {
  for (pid_t pid = kChild; pid < kChild + 3; ++pid) {
    tracker_.on_fork({1100, pid, pid, kParent, kParent});
    tracker_.on_comm({1110, pid, pid, "true", true});
    tracker_.on_thread_cpu({1200, pid, pid, 500});
  }
  tracker_.count_sample(tracker_.thread(kChild, kChild, 1150));
  const auto groups = tracker_.unsampled(false);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].command, "true");
  EXPECT_EQ(groups[0].count, 2u);
  EXPECT_EQ(groups[0].cpu_ns, 1000u);
  // One sample stands for all of that name where samples are spread over all processes.
  EXPECT_TRUE(tracker_.unsampled(true).empty());
}

TEST(BiasOf, UsesTheExecutableSegmentEvenWhereItBeginsInsideOfAPage) {
  elf::Segment code;
  code.type = PT_LOAD;
  code.offset = 0x1234;
  code.address = FileAddr{0x402234};
  code.file_size = 0x5000;
  // mapped from file offset 0x1000 at 0x7f0000001000: 0x1234 is at …1234, which is file address 0x402234
  EXPECT_EQ(bias_of({code}, 0x7f0000001000, 0x1000), 0x7f0000001234 - 0x402234u);
  // without a segment: file addresses are taken for file offsets
  EXPECT_EQ(bias_of({}, 0x5000, 0x1000), 0x4000u);
}

}  // namespace
}  // namespace strobe::record
