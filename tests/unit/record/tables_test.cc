// Interning: equal things get equal ids, deltas carry exactly the new rows, growth loses nothing.
#include "record/tables.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace strobe::record
