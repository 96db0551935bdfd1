// The table of live blocks against std::map, over many changes at few and at crowded addresses.
#include "heap/live_blocks.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace strobe::heap {
namespace {

TEST(LiveBlocks, GivesBackWhatWasPutIn) {
  LiveBlocks blocks;
  Block removed;
  EXPECT_EQ(blocks.remove(0x1000, removed), LiveBlocks::Removal::unknown);
  EXPECT_FALSE(
      blocks.insert(0x1000, {.size = (uint64_t{1} << 40) - 1, .stack = (1u << 24) - 1, .python = true}));
  const auto before = blocks.insert(0x1000, {.size = 7, .stack = 3});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size, (uint64_t{1} << 40) - 1);
  EXPECT_EQ(before->stack, (1u << 24) - 1);
  EXPECT_TRUE(before->python);
  EXPECT_EQ(blocks.remove(0x1000, removed), LiveBlocks::Removal::done);
  EXPECT_EQ(removed.size, 7U);
  EXPECT_EQ(removed.stack, 3U);
  EXPECT_FALSE(removed.python);
  EXPECT_EQ(blocks.remove(0x1000, removed), LiveBlocks::Removal::gone_before);
  EXPECT_EQ(blocks.size(), 0U);
}

TEST(LiveBlocks, AreWhatAMapIs) {
  LiveBlocks blocks;
  std::map<uint64_t, uint64_t> oracle;
  std::mt19937_64 random(42);
  for (int i = 0; i < 400'000; ++i) {
    // Few addresses at first, so that each comes and goes often; then so many that the table grows.
    const uint64_t range = i < 200'000 ? 3000 : 60'000;
    const uint64_t address = (random() % range + 1) * 16;
    if (random() % 2 == 0) {
      const uint64_t size = random() % 100'000;
      const auto before = blocks.insert(address, {.size = size, .python = size % 2 == 0});
      const auto [place, added] = oracle.insert_or_assign(address, size);
      ASSERT_EQ(before.has_value(), !added);
    } else {
      Block removed;
      const bool done = blocks.remove(address, removed) == LiveBlocks::Removal::done;
      const auto known = oracle.find(address);
      ASSERT_EQ(done, known != oracle.end());
      if (done) {
        ASSERT_EQ(removed.size, known->second);
        ASSERT_EQ(removed.python, known->second % 2 == 0);
        oracle.erase(known);
      }
    }
    ASSERT_EQ(blocks.size(), oracle.size());
  }
}

TEST(LiveBlocks, ForgetThoseThatAreGoneWhereAddressesNeverComeAgain) {
  LiveBlocks blocks;
  Block removed;
  for (uint64_t i = 1; i < 1'000'000; ++i) {
    blocks.insert(i * 16, {.size = i});
    ASSERT_EQ(blocks.remove(i * 16, removed), LiveBlocks::Removal::done);
    ASSERT_EQ(removed.size, i);
  }
  EXPECT_EQ(blocks.remove(16, removed), LiveBlocks::Removal::unknown);
  EXPECT_EQ(blocks.size(), 0U);
}

}  // namespace
}  // namespace strobe::heap
