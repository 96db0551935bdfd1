// Go's own table of functions: each version of its layout, and what is wrong with it.
#include "elf/go_table.h"

#include <gtest/gtest.h>

#include "support/go_program.h"

namespace strobe::elf {
namespace {

using test::GoProgram;

class Versions : public ::testing::TestWithParam<int> {};

TEST_P(Versions, NamesPlacesAndStacks) {
  const GoProgram program(GetParam());
  const auto file = ElfFile::parse(program.bytes());
  ASSERT_TRUE(file) << file.error().what;
  const auto table = GoTable::find(*file);
  ASSERT_TRUE(table);
  const struct {
    uint64_t offset;
    int32_t stack;
    uint32_t line;
  } kCases[] = {{0, 0, 10}, {3, 0, 10}, {4, 24, 10}, {7, 24, 10}, {8, 24, 12}, {0x3b, 24, 12}, {0x3c, 0, 12}};
  for (const auto& test : kCases) {
    const FileAddr address{GoProgram::kText + test.offset};
    const auto function = table->find_function(address);
    ASSERT_TRUE(function) << test.offset;
    EXPECT_EQ(function->name, "main.work");
    EXPECT_EQ(function->begin, FileAddr{GoProgram::kText});
    EXPECT_EQ(function->line, GetParam() < 20 ? 10 : GoProgram::kLine);
    EXPECT_EQ(function->end, FileAddr{GoProgram::kGoexit});
    EXPECT_EQ(table->stack_bytes(*function, address), test.stack) << test.offset;
    EXPECT_EQ(table->line_at(*function, address), test.line) << test.offset;
    EXPECT_EQ(table->file_at(*function, address), "/src/main.go") << test.offset;
  }
  const auto goexit = table->find_function(FileAddr{GoProgram::kGoexit + 0x3f});
  ASSERT_TRUE(goexit);
  EXPECT_EQ(goexit->name, "runtime.goexit.abi0");
  EXPECT_EQ(table->line_at(*goexit, goexit->begin), 0U) << "has no table of lines";
  EXPECT_EQ(table->file_at(*goexit, goexit->begin), "");
  EXPECT_FALSE(table->find_function(FileAddr{GoProgram::kText - 1}));
  EXPECT_FALSE(table->find_function(FileAddr{GoProgram::kEnd}));
}

INSTANTIATE_TEST_SUITE_P(Go, Versions, ::testing::Values(16, 18, 20));

TEST(GoTable, TheTextsStartMayBeARelocation) {
  const GoProgram program(20, true);
  const auto file = ElfFile::parse(program.bytes());
  ASSERT_TRUE(file);
  const auto table = GoTable::find(*file);
  ASSERT_TRUE(table);
  const auto function = table->find_function(FileAddr{GoProgram::kText + 8});
  ASSERT_TRUE(function);
  EXPECT_EQ(function->name, "main.work");
}

TEST(GoTable, EveryBrokenByteIsSurvived) {
  for (const int minor : {16, 18, 20}) {
    const std::string sound = GoProgram(minor).copy();
    for (size_t i = 0; i < sound.size(); ++i) {
      std::string broken = sound;
      broken[i] = static_cast<char>(~broken[i]);
      const auto file = ElfFile::parse(std::as_bytes(std::span(broken)));
      if (!file) continue;
      const auto table = GoTable::find(*file);
      if (!table) continue;
      for (uint64_t address = GoProgram::kText; address < GoProgram::kEnd; address += 7) {
        const auto function = table->find_function(FileAddr{address});
        if (!function) continue;
        EXPECT_LE(function->name.size(), broken.size());
        static_cast<void>(table->stack_bytes(*function, FileAddr{address}));
        EXPECT_LE(table->file_at(*function, FileAddr{address}).size(), broken.size());
      }
    }
  }
}

}  // namespace
}  // namespace strobe::elf
