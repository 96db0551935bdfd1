// Sums over rows of memory, against sums made by hand.
#include "analyze/memory_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/memory_profile.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class MemorySums : public testing::Test {
 protected:
  MemoryTable table(const MemoryChoice& choice = {}, Grouping grouping = Grouping::function,
                    const StackFilter& filter = {}, const Selection& selection = {}) const {
    return make_memory_table(profile, weigh_stacks(profile, *select_threads(profile, selection), filter),
                             choice, grouping);
  }
  static const MemoryStats* find(const MemoryTable& table, const std::string& name) {
    for (const MemoryStats& row : table.rows) {
      if (row.function.name == name) return &row;
    }
    return nullptr;
  }

  Profile profile = test::memory_profile();
};

TEST_F(MemorySums, OwnAddsUpToTheWholeAndTotalCountsRecursionOnce) {
  const MemoryTable sums = table();
  for (size_t measure = 0; measure < kMemoryMeasureCount; ++measure) {
    MemoryAmount own;
    for (const MemoryStats& row : sums.rows) {
      own.bytes += row.own.by_measure[measure].bytes;
      own.count += row.own.by_measure[measure].count;
    }
    EXPECT_EQ(own, sums.whole.by_measure[measure]) << measure;
    EXPECT_EQ(own, sums.shown.by_measure[measure]) << measure;
  }
  const MemoryStats* build = find(sums, "Tree::build(int)");
  ASSERT_NE(build, nullptr);
  EXPECT_EQ(build->own.of(MemoryMeasure::allocated), (MemoryAmount{8 * kMiB, 100}));
  EXPECT_EQ(build->total.of(MemoryMeasure::allocated), (MemoryAmount{56 * kMiB, 1'000'100}));
  EXPECT_EQ(build->total.of(MemoryMeasure::peak).bytes, 48 * kMiB);
  EXPECT_EQ(build->total.of(MemoryMeasure::live).bytes, kMiB);
  const MemoryStats* print = find(sums, "print(std::string const&)");
  ASSERT_NE(print, nullptr);
  EXPECT_EQ(print->own.of(MemoryMeasure::allocated).bytes, 18 * kMiB) << "of both processes";
  EXPECT_EQ(sums.rows.front().function.name, "Tree::leaf()");
  ASSERT_NE(find(sums, kNoStackRow), nullptr);
  EXPECT_EQ(find(sums, kNoStackRow)->own.of(MemoryMeasure::live).bytes, 4096U);
}

TEST_F(MemorySums, KindsAreNeverMixed) {
  EXPECT_EQ(table({.kind = MemoryKind::mmap}).whole.of(MemoryMeasure::allocated),
            (MemoryAmount{64 * kMiB, 2}));
  EXPECT_EQ(table({.kind = MemoryKind::python}).whole.of(MemoryMeasure::live).bytes, 3 * kMiB);
  EXPECT_TRUE(table({.kind = MemoryKind::fault}).whole.is_nothing());
  const uint64_t heap = table().whole.of(MemoryMeasure::allocated).bytes;
  EXPECT_EQ(heap, table({.kind = MemoryKind::malloc}).whole.of(MemoryMeasure::allocated).bytes + 4 * kMiB);
}

TEST_F(MemorySums, ASelectedProcessHasItsOwnAlone) {
  const MemoryTable child = table({}, Grouping::function, {}, {.process = "app-child", .thread = {}});
  EXPECT_EQ(child.whole.of(MemoryMeasure::allocated), (MemoryAmount{2 * kMiB, 64}));
  const MemoryTable both = table({}, Grouping::process);
  ASSERT_EQ(both.rows.size(), 2U);
  EXPECT_EQ(both.rows[1].function.name, "101 app-child");
  EXPECT_EQ(both.rows[1].own.of(MemoryMeasure::peak).bytes, kMiB);
}

TEST_F(MemorySums, FiltersChooseStacksAndHiddenFramesLeaveTheirBytes) {
  const MemoryTable focused = table({}, Grouping::function, {.focus = {"Tree::leaf"}});
  EXPECT_EQ(focused.shown.of(MemoryMeasure::allocated).bytes, 48 * kMiB);
  EXPECT_GT(focused.whole.of(MemoryMeasure::allocated).bytes, 48 * kMiB);
  const MemoryTable hidden = table({}, Grouping::function, {.hide = {"Tree::leaf", "Cache.put"}});
  EXPECT_EQ(find(hidden, "Tree::build(int)")->own.of(MemoryMeasure::allocated).bytes, 56 * kMiB);
  ASSERT_NE(find(hidden, kHiddenRow), nullptr);
  EXPECT_EQ(find(hidden, kHiddenRow)->own.of(MemoryMeasure::allocated).bytes, 4 * kMiB);
}

TEST_F(MemorySums, SuppressedLeaksAreLeftOutOfWhatIsLiveAlone) {
  const auto rules = LeakSuppressions::parse("leak:/src/app/tree.cc\nleak:libplain\nleak:nobody\n");
  const MemoryTable plain = table({.measure = MemoryMeasure::live});
  const MemoryTable suppressed = table({.measure = MemoryMeasure::live, .suppressions = &*rules});
  EXPECT_EQ(suppressed.suppressed.amount, (MemoryAmount{kMiB + 500'000, 10'005}));
  EXPECT_EQ(suppressed.suppressed.rules, 2U);
  EXPECT_EQ(suppressed.shown.of(MemoryMeasure::live).bytes,
            plain.shown.of(MemoryMeasure::live).bytes - kMiB - 500'000);
  EXPECT_EQ(suppressed.shown.of(MemoryMeasure::allocated), plain.shown.of(MemoryMeasure::allocated));
}

TEST_F(MemorySums, TheTreeAddsUpToTheTable) {
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile), {});
  const CallTree tree = make_memory_tree(profile, stacks, {.measure = MemoryMeasure::peak}, {.min_share = 0});
  double own = 0;
  for (const TreeRow& row : tree.rows) own += row.self.seconds;
  EXPECT_DOUBLE_EQ(own, static_cast<double>(table().whole.of(MemoryMeasure::peak).bytes));
}

TEST_F(MemorySums, VariancesAddUp) {
  profile = test::sampled_memory_profile();
  const MemoryTable sums = table();
  const MemoryAmount& whole = sums.whole.of(MemoryMeasure::allocated);
  EXPECT_DOUBLE_EQ(whole.variance, static_cast<double>(whole.bytes) * 524'288);
  EXPECT_NEAR(error_of(whole), 1.96 * std::sqrt(whole.variance), error_of(whole) / 1'000);
}

TEST(MemorySortKey, WordsOfItsOwnAndOfPstats) {
  using Column = MemorySortKey::Column;
  EXPECT_EQ(find_memory_sort_key("own")->column, Column::own);
  EXPECT_EQ(find_memory_sort_key("tottime")->column, Column::own);
  EXPECT_EQ(find_memory_sort_key("cumulative")->column, Column::total);
  EXPECT_EQ(find_memory_sort_key("cu")->column, Column::total);
  EXPECT_EQ(find_memory_sort_key("ncalls")->column, Column::count);
  EXPECT_EQ(find_memory_sort_key("average")->column, Column::average);
  EXPECT_EQ(find_memory_sort_key("pe")->measure, MemoryMeasure::peak);
  EXPECT_EQ(find_memory_sort_key("live")->measure, MemoryMeasure::live);
  EXPECT_EQ(find_memory_sort_key("file")->column, Column::place);
  for (const char* word : {"", "x", "a"}) EXPECT_FALSE(find_memory_sort_key(word)) << word;
}

}  // namespace
}  // namespace strobe::analyze
