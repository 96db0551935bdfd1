// The pure parts of the ptrace engine: when a thread is due, what is new in maps, the queue between its
// threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <thread>

#include "sampling/ptrace/event_queue.h"
#include "sampling/ptrace/map_watch.h"
#include "sampling/ptrace/sample_clock.h"
#include "unit/sampling/event_log.h"

namespace strobe::sampling {
namespace {

using test::EventLog;
using ::testing::ElementsAre;

constexpr uint64_t kMs = 1'000'000;

TEST(SampleClock, IsDueByCpuTimeNotByTime) {
  SampleClock clock(kMs, 100 * kMs, 0, 0);
  EXPECT_TRUE(clock.is_due(0));
  EXPECT_EQ(clock.advance(), 0u);
  EXPECT_FALSE(clock.is_due(kMs / 2));
  clock.observe(101 * kMs, kMs);
  EXPECT_TRUE(clock.is_due(kMs));
  EXPECT_EQ(clock.cpu_ns(), 101 * kMs);
}

TEST(SampleClock, AThreadThatOnlyWaitsGetsAheadByOneTick) {
  SampleClock clock(kMs, 0, 0, 0);
  uint64_t samples = 0;
  for (uint64_t now = 0; now < 1000 * kMs; now += kMs / 2) {
    clock.observe(0, now);
    if (!clock.is_due(now)) continue;
    ++samples;
    EXPECT_EQ(clock.advance(), 0u);
  }
  EXPECT_EQ(samples, SampleClock::kTickNs / kMs + 1);
}

TEST(SampleClock, SumsAreRightHoweverCoarselyTheSchedulerCounts) {
  SampleClock clock(kMs, 0, 0, kMs / 3);
  uint64_t samples = 0;
  for (uint64_t now = 0; now <= 1000 * kMs; now += kMs / 4) {
    clock.observe(now / SampleClock::kTickNs * SampleClock::kTickNs, now);
    if (!clock.is_due(now)) continue;
    ++samples;
    EXPECT_EQ(clock.advance(), 0u);
  }
  EXPECT_NEAR(static_cast<double>(samples), 1000, 1);
}

TEST(SampleClock, GivesUpWhatItCannotCatchUpWithAndSaysHowMuch) {
  SampleClock clock(kMs, 0, 0, 0);
  clock.observe(100 * kMs, 100 * kMs);
  uint64_t samples = 0;
  uint64_t missed = 0;
  while (clock.is_due(100 * kMs)) {
    ++samples;
    missed += clock.advance();
  }
  EXPECT_EQ(samples + missed, 101u) << "every period is either sampled or counted";
  EXPECT_GT(missed, 80u);
}

os::ProcMapping mapping(uint64_t start, uint64_t end, const char* path, bool executable = true) {
  return {.start = start, .end = end, .executable = executable, .inode = 1, .path = path};
}

TEST(MapWatch, ReportsWhatIsNew) {
  MapWatch watch;
  EventLog log;
  const auto program = mapping(0x1000, 0x2000, "/program");
  const auto library = mapping(0x5000, 0x6000, "/library");
  watch.update({program, mapping(0x3000, 0x4000, "/data", false)}, 1, log, 10);
  EXPECT_THAT(log.take(), ElementsAre("map 1000+1000 /program"));
  EXPECT_TRUE(watch.contains(0x1fff));
  EXPECT_FALSE(watch.contains(0x2000));
  EXPECT_FALSE(watch.contains(0x3000)) << "not executable";
  watch.update({program, library}, 1, log, 20);
  EXPECT_THAT(log.take(), ElementsAre("map 5000+1000 /library"));
  watch.update({program, library}, 1, log, 30);
  EXPECT_THAT(log.take(), ElementsAre());
}

TEST(MapWatch, SeesOneReplacedByAnotherAndOneThatComesBack) {
  MapWatch watch;
  EventLog log;
  const auto first = mapping(0x1000, 0x2000, "/first");
  const auto second = mapping(0x1000, 0x2000, "/second");
  watch.update({first}, 1, log, 10);
  watch.update({second}, 1, log, 20);
  watch.update({first}, 1, log, 30);
  EXPECT_THAT(log.take(),
              ElementsAre("map 1000+1000 /first", "map 1000+1000 /second", "map 1000+1000 /first"));
}

TEST(MapWatch, KeepsTheOldOnesOfAProcessThatExits) {
  MapWatch watch;
  EventLog log;
  const auto program = mapping(0x1000, 0x2000, "/program");
  watch.update({program}, 1, log, 10);
  watch.update({}, 1, log, 20);
  EXPECT_TRUE(watch.contains(0x1000));
  watch.clear();
  EXPECT_FALSE(watch.contains(0x1000));
  watch.update({program}, 1, log, 30);
  EXPECT_EQ(log.take().size(), 2u) << "after an exec everything is new";
}

bool is_readable(int fd) {
  pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 0) == 1;
}

TEST(EventQueue, KeepsOrderAndCopiesWhatIsBorrowed) {
  EventQueue queue;
  EventLog log;
  EXPECT_FALSE(is_readable(queue.wake_fd()));
  {
    std::vector<std::byte> stack{std::byte{1}, std::byte{2}};
    std::string name = "name";
    std::string path = "/path";
    queue.on_fork({.tid = 2, .parent_tid = 1});
    queue.on_comm({.tid = 2, .name = name});
    queue.on_map({.start = 0x10, .size = 0x20, .path = path});
    queue.on_sample({.time_ns = 5, .tid = 2, .stack = stack});
    queue.on_lost({.samples = 3});
    queue.on_thread_cpu({.tid = 2, .cpu_ns = 9});
    queue.on_exit({.tid = 2});
    stack.assign(2, std::byte{0xff});
    name.assign("XXXX");
    path.assign("XXXXX");
  }
  EXPECT_TRUE(is_readable(queue.wake_fd()));
  queue.deliver(log);
  EXPECT_THAT(log.take(), ElementsAre("fork 2 of 1", "comm 2 name", "map 10+20 /path", "sample 2 5", "lost 3",
                                      "cpu 2 9", "exit 2"));
  EXPECT_THAT(log.stacks, ElementsAre(std::vector<std::byte>{std::byte{1}, std::byte{2}}));
  EXPECT_FALSE(is_readable(queue.wake_fd()));
  EXPECT_EQ(queue.delivered_samples(), 1u);
  queue.deliver(log);
  EXPECT_THAT(log.take(), ElementsAre());
}

TEST(EventQueue, DropsSamplesBeyondItsBoundAndCountsThemButNoOtherEvent) {
  EventQueue queue;
  EventLog log;
  const std::vector<std::byte> stack(1 << 20);
  for (int i = 0; i < 100; ++i) {
    queue.on_sample({.tid = 1, .stack = stack});
    queue.on_exit({.tid = 1});
  }
  queue.deliver(log);
  EXPECT_GT(queue.dropped_samples(), 50u);
  EXPECT_EQ(queue.delivered_samples() + queue.dropped_samples(), 100u);
  EXPECT_EQ(std::count(log.events.begin(), log.events.end(), "exit 1"), 100);
  queue.on_sample({.tid = 1, .stack = stack});
  queue.deliver(log);
  EXPECT_EQ(queue.delivered_samples() + queue.dropped_samples(), 101u);
  EXPECT_EQ(log.events.back(), "sample 1 0") << "there is room again";
}

TEST(EventQueue, BetweenThreadsNothingIsLost) {
  EventQueue queue;
  EventLog log;
  constexpr int kEvents = 20'000;
  std::thread pusher([&] {
    for (int i = 0; i < kEvents; ++i) queue.on_exit({.tid = i});
  });
  while (log.events.size() < kEvents) {
    pollfd poll{.fd = queue.wake_fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&poll, 1, 20'000), 1);
    queue.deliver(log);
  }
  pusher.join();
  for (int i = 0; i < kEvents; ++i) ASSERT_EQ(log.events[static_cast<size_t>(i)], fmt::format("exit {}", i));
}

}  // namespace
}  // namespace strobe::sampling
