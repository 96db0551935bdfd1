// Symbols by name, in this program's own file.
#include "elf/symbol_lookup.h"

#include <gtest/gtest.h>

#include <array>

#include "base/mapped_file.h"

extern "C" {
__attribute__((used, visibility("default"))) int strobe_symbol_lookup_number = 4711;
}

namespace strobe::elf {
namespace {

TEST(SymbolLookup, FindsDataByItsExactName) {
  auto mapped = MappedFile::open("/proc/self/exe");
  ASSERT_TRUE(mapped);
  auto file = ElfFile::parse(mapped->bytes());
  ASSERT_TRUE(file);
  constexpr std::array<std::string_view, 3> kNames{
      "strobe_symbol_lookup_numbe", "strobe_symbol_lookup_number", "strobe_symbol_lookup_number_"};
  const auto found = find_symbols(*file, kNames);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_FALSE(found[0]);
  EXPECT_FALSE(found[2]);
  ASSERT_TRUE(found[1]);
  EXPECT_EQ(found[1]->size, sizeof(int));
  EXPECT_EQ(found[1]->type, STT_OBJECT);
  ByteReader reader(file->bytes_at(found[1]->address));
  EXPECT_EQ(reader.read_u32(), 4711U);
}

TEST(SymbolLookup, LeavesOutWhatTheFilterDoesNotPass) {
  auto mapped = MappedFile::open("/proc/self/exe");
  ASSERT_TRUE(mapped);
  auto file = ElfFile::parse(mapped->bytes());
  ASSERT_TRUE(file);
  constexpr std::array<std::string_view, 1> kName{"strobe_symbol_lookup_number"};
  EXPECT_FALSE(find_symbols(*file, kName, {.type = STT_FUNC})[0]);
  EXPECT_FALSE(find_symbols(*file, kName, {.minimum_size = 512})[0]);
  EXPECT_TRUE(find_symbols(*file, kName, {.type = STT_OBJECT, .minimum_size = 4})[0]);
}

}  // namespace
}  // namespace strobe::elf
