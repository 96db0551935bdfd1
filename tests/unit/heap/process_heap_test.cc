// Sums by stack out of events: exact, with peaks, temporary blocks, reallocs that fail, and what nobody
// should send.
#include "heap/process_heap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

namespace strobe::heap {
namespace {

Event allocate(uint64_t address, uint64_t size, uint32_t stack, uint32_t thread = 1) {
  return {.kind = EventKind::allocate, .thread = thread, .stack = stack, .address = address, .size = size};
}
Event release(uint64_t address, uint32_t thread = 1) {
  return {.kind = EventKind::release, .thread = thread, .address = address};
}
Event of_kind(EventKind kind, uint64_t address, uint64_t size = 0, uint32_t stack = 0) {
  return {.kind = kind, .thread = 1, .stack = stack, .address = address, .size = size};
}

TEST(ProcessHeap, SumsByStack) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(allocate(0x10, 100, 1), 1);
  heap.take(allocate(0x20, 50, 2), 2);
  heap.take(allocate(0x30, 7, 1), 3);
  heap.take(release(0x10), 4);
  EXPECT_EQ(heap.heap().take_changed(), (std::vector<uint32_t>{1, 2}));
  EXPECT_TRUE(heap.heap().take_changed().empty());
  const StackHeap& one = heap.heap().settled(1);
  EXPECT_EQ(one.allocated.bytes, 107);
  EXPECT_EQ(one.allocated.count, 2);
  EXPECT_EQ(one.live.bytes, 7);
  EXPECT_EQ(one.live.count, 1);
  EXPECT_EQ(one.allocated.variance, 0);
  EXPECT_EQ(heap.heap_total().live_bytes, 57);
  EXPECT_EQ(heap.heap_total().peak_bytes, 157);
  EXPECT_EQ(heap.heap_total().peak_ns, 3U);
  EXPECT_EQ(heap.sizes()[7].count, 1);  // 64 to 127
  EXPECT_EQ(heap.sizes()[6].bytes, 50);
}

TEST(ProcessHeap, ThePeakIsOfOneMoment) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(allocate(0x10, 100, 1), 1);
  heap.take(allocate(0x20, 100, 2), 2);  // 200
  heap.take(release(0x10), 3);
  heap.take(allocate(0x30, 150, 3), 4);  // 250: the peak, with 1 gone
  heap.take(release(0x20), 5);
  heap.take(allocate(0x40, 90, 1), 6);  // 240
  EXPECT_EQ(heap.heap_total().peak_bytes, 250);
  EXPECT_EQ(heap.heap().settled(1).peak.bytes, 0);
  EXPECT_EQ(heap.heap().settled(2).peak.bytes, 100);
  EXPECT_EQ(heap.heap().settled(3).peak.bytes, 150);
}

TEST(ProcessHeap, PeaksAreWhatASlowWayFinds) {
  ProcessHeap heap(Mode::all, 0);
  std::mt19937_64 random(7);
  std::map<uint64_t, std::pair<uint64_t, uint32_t>> blocks;
  std::map<uint32_t, double> live, at_peak;
  double total = 0;
  double peak = 0;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t address = (random() % 500 + 1) * 16;
    if (const auto known = blocks.find(address); known != blocks.end()) {
      heap.take(release(address), 0);
      live[known->second.second] -= static_cast<double>(known->second.first);
      total -= static_cast<double>(known->second.first);
      blocks.erase(known);
    } else {
      const uint64_t size = random() % 1000;
      const auto stack = static_cast<uint32_t>(random() % 40);
      heap.take(allocate(address, size, stack), 0);
      blocks[address] = {size, stack};
      live[stack] += static_cast<double>(size);
      total += static_cast<double>(size);
      if (total > peak) {
        peak = total;
        at_peak = live;
      }
    }
    if (i % 977 == 0)
      static_cast<void>(heap.heap().settled(static_cast<uint32_t>(random() % 3)));  // changes nothing
  }
  EXPECT_EQ(heap.heap_total().peak_bytes, peak);
  for (const uint32_t stack : heap.heap().take_all()) {
    EXPECT_EQ(heap.heap().settled(stack).peak.bytes, at_peak[stack]) << stack;
    EXPECT_EQ(heap.heap().settled(stack).live.bytes, live[stack]) << stack;
  }
}

TEST(ProcessHeap, TemporaryIsWhatItsThreadFreesBeforeItAllocatesAgain) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(allocate(0x10, 10, 1, 1), 0);
  heap.take(allocate(0x20, 20, 1, 2), 0);  // another thread's: in nobody's way
  heap.take(release(0x10, 1), 0);          // temporary
  heap.take(release(0x20, 1), 0);          // by another thread: not
  heap.take(allocate(0x30, 30, 1, 1), 0);
  heap.take(allocate(0x40, 40, 1, 1), 0);
  heap.take(release(0x30, 1), 0);  // not
  heap.take(release(0x40, 1), 0);  // nothing was allocated since
  heap.take(allocate(0x50, 50, 1, 0), 0);
  heap.take(release(0x50, 0), 0);  // whose thread is not known: not
  EXPECT_EQ(heap.heap().settled(1).temporary.bytes, 50);
  EXPECT_EQ(heap.heap().settled(1).temporary.count, 2);
}

TEST(ProcessHeap, ReallocIsAReleaseAndAnAllocation) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(allocate(0x10, 10, 1), 0);
  heap.take(of_kind(EventKind::realloc_from, 0x10), 0);
  heap.take(of_kind(EventKind::realloc_to, 0x90, 30, 2), 0);
  EXPECT_EQ(heap.heap().settled(1).live.bytes, 0);
  EXPECT_EQ(heap.heap().settled(2).live.bytes, 30);
  EXPECT_EQ(heap.heap().settled(2).allocated.count, 1);
  heap.take(of_kind(EventKind::realloc_from, 0x90), 0);
  heap.take(of_kind(EventKind::realloc_failed, 0x90), 0);
  EXPECT_EQ(heap.heap().settled(2).live.bytes, 30);
  EXPECT_EQ(heap.heap_total().live_bytes, 30);
  EXPECT_EQ(heap.heap().settled(2).temporary.count, 0) << "it was not freed";
  heap.take(of_kind(EventKind::realloc_failed, 0x90), 0);  // once
  EXPECT_EQ(heap.heap_total().live_bytes, 30);
}

TEST(ProcessHeap, ObjectsOfPythonHaveSumsOfTheirOwnAndOnePeakWithTheRest) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(allocate(0x10, 100, 1), 1);
  heap.take(of_kind(EventKind::allocate_python, 0x20, 30, 1), 2);
  heap.take(of_kind(EventKind::allocate_python, 0x30, 40, 2), 3);  // 170: the peak of both together
  heap.take(release(0x20), 4);
  heap.take(allocate(0x20, 5, 1), 5);  // at its address, and no object
  EXPECT_EQ(heap.python().settled(1).allocated.bytes, 30);
  EXPECT_EQ(heap.python().settled(1).live.bytes, 0);
  EXPECT_EQ(heap.python().settled(1).peak.bytes, 30);
  EXPECT_EQ(heap.heap().settled(1).allocated.bytes, 105);
  EXPECT_EQ(heap.heap().settled(1).peak.bytes, 100);
  EXPECT_EQ(heap.heap_total().peak_bytes, 170);
  EXPECT_EQ(heap.heap_total().live_bytes, 145);
  // An object that grows out of what the interpreter keeps for small ones.
  heap.take(of_kind(EventKind::realloc_from, 0x30), 6);
  heap.take(of_kind(EventKind::realloc_to, 0x90, 1000, 2), 7);
  EXPECT_EQ(heap.python().settled(2).live.bytes, 0);
  EXPECT_EQ(heap.heap().settled(2).live.bytes, 1000);
  heap.take(of_kind(EventKind::realloc_from, 0x90), 8);
  heap.take(of_kind(EventKind::realloc_to_python, 0x30, 48, 2), 9);
  EXPECT_EQ(heap.python().settled(2).live.bytes, 48);
  heap.take(of_kind(EventKind::realloc_from, 0x30), 10);
  heap.take(of_kind(EventKind::realloc_failed, 0x30), 11);
  EXPECT_EQ(heap.python().settled(2).live.bytes, 48);
  EXPECT_EQ(heap.heap().settled(2).live.bytes, 0);
}

TEST(ProcessHeap, WhatNobodyShouldSendChangesNoSum) {
  ProcessHeap heap(Mode::all, 0);
  heap.take(release(0x10), 0);
  EXPECT_EQ(heap.invalid_frees(), 0U) << "it may be older than the agent";
  heap.take(allocate(0, 5, 1), 0);
  heap.take({.kind = static_cast<EventKind>(13), .address = 0x10}, 0);
  EXPECT_EQ(heap.heap_total().live_bytes, 0);
  heap.take(allocate(0x10, 5, 1), 0);
  heap.take(allocate(0x10, 6, 2), 0);  // the release between was lost
  EXPECT_EQ(heap.heap_total().live_bytes, 6);
  EXPECT_EQ(heap.heap().settled(1).live.count, 0);
  EXPECT_EQ(heap.events(), 5U);
  heap.take(release(0x10), 0);
  heap.take(release(0x10), 0);
  EXPECT_EQ(heap.invalid_frees(), 1U);
  EXPECT_EQ(heap.heap_total().live_bytes, 0);
}

// 2,000 runs of a program that allocates blocks of three sizes: the mean of the estimates is the truth within
// four standard errors, and the variance that is told is the variance there is.
TEST(ProcessHeap, SampledEstimatesAreUnbiased) {
  constexpr double kInterval = 1000;
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform;
  double truth = 0, sum = 0, squares = 0, told = 0, counts = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    ProcessHeap heap(Mode::sampled, 1000);
    truth = 0;
    uint64_t address = 0x10;
    for (int i = 0; i < 90; ++i) {
      const uint64_t size = i % 3 == 0 ? 100 : i % 3 == 1 ? 1000 : 5000;
      truth += static_cast<double>(size);
      address += 0x10;
      if (uniform(random) < 1 - std::exp(-static_cast<double>(size) / kInterval)) {
        heap.take(allocate(address, size, 1), 0);
      }
    }
    const Amount estimate = heap.heap().take_changed().empty() ? Amount{} : heap.heap().settled(1).allocated;
    sum += estimate.bytes;
    counts += estimate.count;
    squares += estimate.bytes * estimate.bytes;
    told += estimate.variance;
  }
  const double mean = sum / kRuns;
  const double variance = squares / kRuns - mean * mean;
  EXPECT_NEAR(mean, truth, 4 * std::sqrt(variance / kRuns));
  EXPECT_NEAR(counts / kRuns, 90, 90 * 0.05);
  EXPECT_NEAR(told / kRuns / variance, 1, 0.2);
}

TEST(ProcessHeap, MappingsAreTakenApart) {
  ProcessHeap heap(Mode::sampled, 1 << 20);
  heap.take(of_kind(EventKind::map, 0x100000, 0x10000 - 5, 1), 1);  // 16 pages, all of them whatever the mode
  heap.take(of_kind(EventKind::map, 0x110000, 0x1000, 2), 2);
  EXPECT_EQ(heap.mapped().settled(1).allocated.bytes, 0x10000);
  heap.take(of_kind(EventKind::unmap, 0x104000, 0x4000), 3);  // a hole
  EXPECT_EQ(heap.mapped().settled(1).live.bytes, 0xc000);
  EXPECT_EQ(heap.mapped().settled(1).live.count, 1);
  heap.take(of_kind(EventKind::map, 0x10f000, 0x3000, 3), 4);  // over the end of both
  EXPECT_EQ(heap.mapped().settled(1).live.bytes, 0xb000);
  EXPECT_EQ(heap.mapped().settled(2).live.bytes, 0);
  EXPECT_EQ(heap.mapped().settled(2).live.count, 0);
  EXPECT_EQ(heap.mapped().settled(3).live.bytes, 0x3000);
  heap.take(of_kind(EventKind::unmap, 0, 1 << 20), 5);  // no address
  heap.take(of_kind(EventKind::unmap, 0x1000, (uint64_t{1} << 40) - 1), 6);
  EXPECT_EQ(heap.mapped_total().live_bytes, 0);
  EXPECT_EQ(heap.mapped().settled(1).live.count, 0);
  EXPECT_EQ(heap.mapped_total().peak_bytes, 0x11000);
  EXPECT_EQ(heap.heap_total().live_bytes, 0);
}

TEST(ProcessHeap, WhatIsFreedWhileSampledIsGone) {
  ProcessHeap heap(Mode::sampled, 4096);
  heap.take(allocate(0x10, 100, 1), 0);
  heap.take(allocate(0x20, 100, 1), 0);
  heap.take({.kind = EventKind::release, .thread = 1, .address = 0x10, .size = 1}, 0);
  EXPECT_NEAR(heap.heap().settled(1).live.count * 2, heap.heap().settled(1).allocated.count, 1e-9);
  EXPECT_NEAR(heap.heap().settled(1).temporary.bytes * 2, heap.heap().settled(1).allocated.bytes, 1e-9);
}

}  // namespace
}  // namespace strobe::heap
