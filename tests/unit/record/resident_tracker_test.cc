// Who is looked at when, and what it costs: with counters that the test makes up.
#include "record/resident_tracker.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

namespace strobe::record {
namespace {

constexpr uint64_t kMs = 1'000'000;

/// A machine whose processes grow by a page at each look, unless they stand still.
class FakeSource final : public ResidentSource {
 public:
  std::optional<os::ResidentMemory> read_resident(pid_t pid) override {
    own_ns += resident_cost_ns;
    ++looks[pid];
    if (zombies.contains(pid)) return std::nullopt;
    return os::ResidentMemory{.rss_bytes = 4096 * looks[pid], .peak_rss_bytes = 1 << 20};
  }
  std::optional<os::SharedMemory> read_shared(pid_t pid) override {
    own_ns += shared_cost_ns[pid];
    ++shared_looks[pid];
    if (foreign.contains(pid)) return std::nullopt;
    return os::SharedMemory{.pss_bytes = 2048, .private_bytes = 1024};
  }
  std::optional<os::PageFaults> read_faults(pid_t pid) override {
    return os::PageFaults{.minor = looks[pid], .major = 0};
  }
  std::optional<uint64_t> read_run_ns(pid_t pid) override { return still.contains(pid) ? 5 : ++run_ns; }
  bool share_memory(pid_t a, pid_t b) override { return shared_memory.contains({a, b}); }
  uint64_t own_run_ns() override { return own_ns; }

  uint64_t own_ns = 0;
  uint64_t run_ns = 100;
  uint64_t resident_cost_ns = 20'000;
  std::map<pid_t, uint64_t> shared_cost_ns;
  std::map<pid_t, uint64_t> looks;
  std::map<pid_t, uint64_t> shared_looks;
  std::set<pid_t> zombies, foreign, still;
  std::set<std::pair<pid_t, pid_t>> shared_memory;
};

class Resident : public testing::Test {
 protected:
  Resident() {
    auto source = std::make_unique<FakeSource>();
    machine = source.get();
    tracker.emplace(std::move(source), 0);
  }
  /// As the recorder does: every 20 ms.
  void pass(uint64_t ms) {
    for (const uint64_t end_ns = now_ns + ms * kMs; now_ns < end_ns; now_ns += 20 * kMs) tracker->run(now_ns);
  }
  std::vector<CounterRow> rows() {
    std::vector<CounterRow> rows;
    tracker->take(rows);
    return rows;
  }

  FakeSource* machine = nullptr;
  std::optional<ResidentTracker> tracker;
  uint64_t now_ns = 1'000 * kMs;
};

TEST_F(Resident, TenTimesASecondAndMoreOftenInTheBeginning) {
  tracker->began(7, ProcessId{3}, 0, now_ns);
  pass(400);
  EXPECT_GE(machine->looks[7], 8U);
  pass(1'000);  // one second at the full interval
  machine->looks[7] = 0;
  pass(10'000);
  EXPECT_GE(machine->looks[7], 98U);
  EXPECT_LE(machine->looks[7], 101U);
  const auto all = rows();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().time_ns, 1'000 * kMs);
  EXPECT_EQ(all.front().process, ProcessId{3});
  EXPECT_EQ(all.front().rss_bytes, 4096U);
  EXPECT_EQ(all.front().peak_rss_bytes, 1U << 20);
  EXPECT_EQ(all.front().pss_bytes, 2048U);
  EXPECT_EQ(all.front().private_bytes, 1024U);
  EXPECT_EQ(all.front().minor_faults, 1U);
  for (size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].time_ns, all[i].time_ns);
}

TEST_F(Resident, PssTakesAHundredthOfACpuAtMost) {
  tracker->began(7, ProcessId{0}, 0, now_ns);
  machine->shared_cost_ns[7] = 40 * kMs;  // ten GiB of small pages
  pass(60'000);
  EXPECT_GE(machine->shared_looks[7], 14U);
  EXPECT_LE(machine->shared_looks[7], 16U);
  EXPECT_GE(machine->looks[7], 590U);
}

TEST_F(Resident, SharesAreOfAllProcessesAtOneMoment) {
  for (pid_t pid = 10; pid < 20; ++pid) {
    tracker->began(pid, ProcessId{static_cast<uint32_t>(pid)}, 0, now_ns);
    machine->shared_cost_ns[pid] = 4 * kMs;
  }
  for (pid_t pid = 11; pid < 20; ++pid) machine->still.insert(pid);  // their shares change all the same
  pass(40'000);                    // 400 ms for PSS: ten looks at ten processes
  std::map<uint64_t, int> shares;  // by time
  for (const CounterRow& row : rows()) shares[row.time_ns] += row.pss_bytes ? 1 : 0;
  std::erase_if(shares, [](const auto& entry) { return entry.second == 0; });
  for (const auto& [time_ns, count] : shares) EXPECT_EQ(count, 10) << time_ns;
  EXPECT_GE(shares.size(), 9U);
  EXPECT_LE(shares.size(), 12U);
}

TEST_F(Resident, ManyProcessesAreLookedAtLessOften) {
  for (pid_t pid = 1'000; pid < 3'000; ++pid) {
    tracker->began(pid, ProcessId{static_cast<uint32_t>(pid)}, 0, now_ns);
    machine->foreign.insert(pid);
  }
  pass(60'000);  // a turn takes 40 ms: a two-hundredth of a CPU is a turn every 8 s
  EXPECT_GE(machine->looks[1'500], 6U);
  EXPECT_LE(machine->looks[1'500], 9U);
}

TEST_F(Resident, WhatStandsStillIsLookedAtOnceASecond) {
  tracker->began(7, ProcessId{0}, 0, now_ns);
  machine->still.insert(7);
  pass(10'000);
  EXPECT_GE(machine->looks[7], 9U);
  EXPECT_LE(machine->looks[7], 12U);
  tracker->close(now_ns);
  EXPECT_EQ(rows().back().time_ns, now_ns);
}

TEST_F(Resident, AChildInItsParentsMemoryIsNotCountedTwice) {
  tracker->began(7, ProcessId{0}, 0, now_ns);
  tracker->began(8, ProcessId{1}, 7, now_ns);
  machine->shared_memory.insert({8, 7});
  pass(200);
  for (const CounterRow& row : rows()) EXPECT_EQ(row.process, ProcessId{0});
  machine->shared_memory.clear();  // as its exec does
  tracker->began(8, ProcessId{1}, 0, now_ns);
  pass(200);
  EXPECT_GE(machine->looks[8], 3U);
}

TEST_F(Resident, WhatIsGoneHasNoRows) {
  tracker->began(7, ProcessId{0}, 0, now_ns);
  machine->zombies.insert(7);
  pass(200);
  EXPECT_TRUE(rows().empty());
  machine->zombies.clear();
  tracker->ended(7);
  pass(200);
  tracker->close(now_ns);
  EXPECT_TRUE(rows().empty());
}

TEST_F(Resident, WithoutTheRightToSeePssTheRestIsThere) {
  tracker->began(7, ProcessId{0}, 0, now_ns);
  machine->foreign.insert(7);
  pass(1'000);
  const auto all = rows();
  ASSERT_FALSE(all.empty());
  for (const CounterRow& row : all) EXPECT_FALSE(row.pss_bytes || row.private_bytes);
}

}  // namespace
}  // namespace strobe::record
