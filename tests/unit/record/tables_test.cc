// Interning: equal things get equal ids, deltas carry exactly the new rows, growth loses nothing.
#include "record/tables.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace strobe::record {
namespace {

TEST(StringTable, GivesEqualTextsOneIdAndReportsEachOnce) {
  StringTable table;
  const StringId a = table.intern("a");
  const StringId b = table.intern("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(table.intern("a"), a);
  RecordingDelta delta;
  table.take_new(delta);
  EXPECT_EQ(delta.first_string, 0u);
  EXPECT_EQ(delta.strings, (std::vector<std::string>{"a", "b"}));
  table.intern("c");
  RecordingDelta next;
  table.take_new(next);
  EXPECT_EQ(next.first_string, 2u);
  EXPECT_EQ(next.strings, std::vector<std::string>{"c"});
}

TEST(FrameTable, TellsKindModuleAndAddressApart) {
  FrameTable table;
  const FrameId frame = table.intern(FrameKind::native, ModuleId{1}, 0x10);
  EXPECT_EQ(table.intern(FrameKind::native, ModuleId{1}, 0x10), frame);
  EXPECT_NE(table.intern(FrameKind::kernel, ModuleId{1}, 0x10), frame);
  EXPECT_NE(table.intern(FrameKind::native, ModuleId{2}, 0x10), frame);
  EXPECT_NE(table.intern(FrameKind::native, ModuleId{1}, 0x11), frame);
}

TEST(StackTable, KeepsParentsBeforeChildrenThroughGrowth) {
  StackTable table;
  std::vector<StackId> ids;
  StackId parent;
  for (uint32_t i = 0; i < 5000; ++i) {
    parent = table.intern(parent, FrameId{i % 7});
    ids.push_back(parent);
  }
  StackId again;
  for (uint32_t i = 0; i < 5000; ++i) {
    again = table.intern(again, FrameId{i % 7});
    ASSERT_EQ(again, ids[i]);
  }
  RecordingDelta delta;
  table.take_new(delta);
  ASSERT_EQ(delta.stacks.size(), 5000u);
  EXPECT_TRUE(delta.stacks[0].parent.is_none());
  for (uint32_t i = 1; i < 5000; ++i) ASSERT_LT(delta.stacks[i].parent.value, i);
}

TEST(StackTable, GivesEveryNodeOneIdWhateverTheOrderOfBranches) {
  StackTable table;
  std::map<std::pair<uint32_t, uint32_t>, StackId> expected;
  std::minstd_rand random(1);
  for (int stack = 0; stack < 3000; ++stack) {
    StackId node;
    const auto depth = 1 + random() % 20;
    for (uint32_t level = 0; level < depth; ++level) {
      const FrameId frame{static_cast<uint32_t>(random() / 64 % 9)};  // more than are listed
      const StackId child = table.intern(node, frame);
      const auto known = expected.try_emplace({node.value, frame.value}, child);
      ASSERT_EQ(known.first->second, child);
      node = child;
    }
  }
  RecordingDelta delta;
  table.take_new(delta);
  ASSERT_EQ(delta.stacks.size(), expected.size());
  for (const auto& [place, id] : expected) {
    EXPECT_EQ(delta.stacks[id.index()].parent.value, place.first);
    EXPECT_EQ(delta.stacks[id.index()].frame.value, place.second);
  }
}

}  // namespace
}  // namespace strobe::record
