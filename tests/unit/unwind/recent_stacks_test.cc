// Completing a stack from those that its thread had before: what has to be the same, and what ends the trust.
#include "unwind/recent_stacks.h"

#include <gtest/gtest.h>

namespace strobe::unwind {
namespace {

constexpr uint64_t kMs = 1'000'000;

StackedFrame frame(uint64_t address, uint64_t sp) {
  return {{RuntimeAddr{address}, AddressKind::return_address}, sp};
}

/// `leaf` below forty activations of one function, and `outer` beyond them.
std::vector<StackedFrame> stack_of(uint64_t leaf, uint64_t outer) {
  std::vector<StackedFrame> stack{{{RuntimeAddr{leaf}, AddressKind::instruction}, 0x1000}};
  for (uint64_t i = 0; i < 40; ++i) stack.push_back(frame(0x400100, 0x1100 + i * 0x40));
  stack.push_back(frame(outer, 0x1100 + 40 * 0x40));
  stack.push_back(frame(0x400900, 0x2000));
  return stack;
}

std::vector<StackedFrame> cut(std::vector<StackedFrame> stack, size_t frames) {
  stack.resize(frames);
  return stack;
}

RecentStacks::Key at(uint64_t time_ms, pid_t tid = 7, uint64_t space = 1) {
  return {.tid = tid, .space = space, .time_ns = time_ms * kMs};
}

class RecentStacksTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint64_t time = 10; time < 10 + 5 * RecentStacks::kNeeded; time += 5) {
      recent_.remember(at(time), stack_of(0x400000 + time, 0x400500));
    }
  }
  RecentStacks recent_;
};

TEST_F(RecentStacksTest, TheRestIsThatOfTheSameActivation) {
  for (const size_t frames : {20u, 30u, 41u}) {
    const auto whole = stack_of(0x400077, 0x400500);
    const auto rest = recent_.find_rest(at(30), cut(whole, frames));
    ASSERT_EQ(rest.size(), whole.size() - frames);
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.begin() + static_cast<ptrdiff_t>(frames)));
  }
}

TEST_F(RecentStacksTest, NothingIsKnownOfOthers) {
  const auto stack = cut(stack_of(0x400077, 0x400500), 30);
  EXPECT_TRUE(recent_.find_rest(at(30, 8), stack).empty()) << "another thread";
  EXPECT_TRUE(recent_.find_rest(at(30, 7, 2), stack).empty()) << "after an exec";
  EXPECT_TRUE(recent_.find_rest(at(30 + RecentStacks::kMaxAgeNs / kMs), stack).empty()) << "too long ago";
  EXPECT_TRUE(recent_.find_rest(at(30), {}).empty());
  auto moved = stack;
  for (StackedFrame& one : moved) one.sp += 0x10;
  EXPECT_TRUE(recent_.find_rest(at(30), moved).empty()) << "the same functions elsewhere on the stack";
  auto other = stack;
  other[other.size() - 4].frame.address = RuntimeAddr{0x400200};
  EXPECT_TRUE(recent_.find_rest(at(30), other).empty()) << "another function next to the cut";
}

TEST_F(RecentStacksTest, FewStacksAreNotBelieved) {
  RecentStacks recent;
  recent.remember(at(10), stack_of(0x400000, 0x400500));
  EXPECT_TRUE(recent.find_rest(at(11), cut(stack_of(0x400077, 0x400500), 30)).empty());
}

TEST_F(RecentStacksTest, TwoWaysToTheSameFrameEndTheTrustForGood) {
  const auto stack = cut(stack_of(0x400077, 0x400500), 30);
  ASSERT_TRUE(recent_.wants_comparison(at(31)));
  recent_.compare(at(31), stack_of(0x400000, 0x400600));
  EXPECT_TRUE(recent_.find_rest(at(32), stack).empty());
  EXPECT_FALSE(recent_.wants_comparison(at(32)));
  for (uint64_t time = 40; time < 80; time += 5) recent_.remember(at(time), stack_of(0x400000, 0x400500));
  EXPECT_TRUE(recent_.find_rest(at(81), stack).empty());
}

TEST_F(RecentStacksTest, AgreementAndDeeperStacksAreNoReasonForDoubt) {
  auto deeper = stack_of(0x400000, 0x400500);
  deeper.insert(deeper.begin(), frame(0x400000, 0x800));
  recent_.compare(at(31), deeper);
  EXPECT_FALSE(recent_.find_rest(at(32), cut(stack_of(0x400077, 0x400500), 30)).empty());
}

TEST_F(RecentStacksTest, ManyThreadsAreBounded) {
  for (pid_t tid = 100; tid < 100 + 2 * static_cast<pid_t>(RecentStacks::kMaxThreads); ++tid) {
    recent_.remember(at(100, tid), stack_of(0x400000, 0x400500));
  }
  EXPECT_TRUE(recent_.find_rest(at(101), cut(stack_of(0x400077, 0x400500), 30)).empty())
      << "the oldest is out";
}

}  // namespace
}  // namespace strobe::unwind
