// Rows made of Go's own table: where the return address is, and where stacks end.
#include "unwind/go_rows.h"

#include <gtest/gtest.h>

#include "support/go_program.h"
#include "unwind/core/step.h"

namespace strobe::unwind {
namespace {

using test::GoProgram;

TEST(GoRows, FollowTheStackPointerToTheGoroutinesEntry) {
  const GoProgram program(20);
  const auto file = elf::ElfFile::parse(program.bytes());
  ASSERT_TRUE(file);
  const auto table = elf::GoTable::find(*file);
  ASSERT_TRUE(table);
  const struct {
    uint64_t offset;
    int64_t cfa;
  } kCases[] = {{0, 8}, {4, 32}, {0x3c, 8}};
  for (const auto& test : kCases) {
    const auto row = find_go_row(*table, FileAddr{GoProgram::kText + test.offset}, {});
    ASSERT_TRUE(row) << test.offset;
    EXPECT_EQ(row->cfa.register_number, x86_64::kRsp);
    EXPECT_EQ(row->cfa.offset, test.cfa) << test.offset;
    EXPECT_FALSE(is_outermost(*row));
    EXPECT_FALSE(row->switches_stack);
  }
  const auto entry = find_go_row(*table, FileAddr{GoProgram::kGoexit}, {});
  ASSERT_TRUE(entry);
  EXPECT_TRUE(is_outermost(*entry));
  EXPECT_FALSE(find_go_row(*table, FileAddr{GoProgram::kEnd}, {}));
}

}  // namespace
}  // namespace strobe::unwind
