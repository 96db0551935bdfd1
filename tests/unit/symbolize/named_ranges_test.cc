#include "symbolize/named_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_folder.h"
#include "symbolize/kernel_symbols.h"
#include "symbolize/perf_map.h"

namespace strobe::symbolize {
namespace {

std::string name_at(const NamedRanges& ranges, uint64_t address) {
  const NamedRange* range = ranges.find(address);
  return range == nullptr ? "" : std::string(range->name);
}

TEST(Kallsyms, FunctionsEndAtTheNextSymbol) {
  const NamedRanges ranges = parse_kallsyms(
      "ffffffff81000000 T _stext\n"
      "ffffffff81000000 T startup_64\n"
      "ffffffff81000100 t do_work\n"
      "ffffffff81000200 d some_data\n"
      "not a line\n"
      "ffffffffc0000000 t mod_function\t[module]\n"
      "ffffffff81000300 W weak_one\n"
      "ffffffff81000400 R read_only");
  const struct {
    uint64_t address;
    const char* name;
  } kCases[] = {
      {0xffffffff80ffffff, ""},
      {0xffffffff81000000, "_stext"},
      {0xffffffff810000ff, "_stext"},
      {0xffffffff81000100, "do_work"},
      {0xffffffff810001ff, "do_work"},
      {0xffffffff81000200, ""},
      {0xffffffff81000300, "weak_one"},
      {0xffffffff81000400, ""},
      {0xffffffffc0000000, "mod_function"},
      {0xffffffffc0000fff, "mod_function"},
      {0xffffffffc0001000, ""},
  };
  for (const auto& test : kCases)
    EXPECT_EQ(name_at(ranges, test.address), test.name) << std::hex << test.address;
}

TEST(Kallsyms, SortedLinesHaveTheSameFunctions) {
  const NamedRanges ranges = parse_kallsyms(
      "ffffffff81000000 T _stext\n"
      "ffffffff81000100 t do_work\n"
      "ffffffff81000200 d some_data\n"
      "ffffffff81000300 W weak_one\n"
      "ffffffffc0000000 t mod_function\t[module]\n");
  ASSERT_EQ(ranges.ranges().size(), 4u);
  const std::string lines = format_kallsyms(ranges);
  EXPECT_EQ(parse_kallsyms(lines).ranges(), ranges.ranges());
  for (const NamedRange& range : ranges.ranges()) {
    for (const uint64_t address : {range.start, range.start + 1, range.end - 1}) {
      EXPECT_EQ(find_in_kallsyms(lines, address), range) << std::hex << address;
    }
  }
  for (const uint64_t address : {uint64_t{0}, 0xffffffff80ffffff, 0xffffffff81000200, 0xffffffff810002ff,
                                 0xffffffffc0001000, 0xffffffffffffffff}) {
    EXPECT_FALSE(find_in_kallsyms(lines, address)) << std::hex << address;
  }
}

TEST(Kallsyms, LinesThatMakeNoSenseHaveNoAnswer) {
  for (const char* lines :
       {"", "\n", "\n\n\n", "x", "ffff", "10 t f", "10 t f\n", "10 t f\nx\n", "\n10 t f\n20 d -\n\n"}) {
    EXPECT_FALSE(find_in_kallsyms(lines, 0x30)) << lines;
  }
  EXPECT_FALSE(find_in_kallsyms("10 t f\n", 0x10)) << "it has no end";
  const std::string unsorted = "30 t c\n10 t a\n20 t b\n05 d -\n";
  for (uint64_t address = 0; address < 0x40; ++address) {
    static_cast<void>(find_in_kallsyms(unsorted, address));  // ends
  }
}

TEST(KernelSymbols, AreStoredForThisBootOnly) {
  const test::TemporaryFolder folder;
  test::write_file(folder.file("kallsyms"), "ffffffff81000000 T first\nffffffff81000100 T second\n");
  const auto symbols = KernelSymbols::read(folder.file("kallsyms"));
  ASSERT_TRUE(symbols);
  const std::string cache = folder.file("cache");
  EXPECT_FALSE(KernelSymbols::read_stored(cache));
  symbols->store(cache);
  const auto stored = KernelSymbols::read_stored(cache);
  ASSERT_TRUE(stored);
  ASSERT_TRUE(stored->find(0xffffffff81000080));
  EXPECT_EQ(stored->find(0xffffffff81000080)->name, "first");
  EXPECT_FALSE(stored->find(0xffffffff80000000));

  const std::string path = cache + "/symbols/kernel";
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  text[text.find(' ') + 1] ^= 1;  // another boot's id
  test::write_file(path, text);
  EXPECT_FALSE(KernelSymbols::read_stored(cache));
}

TEST(Kallsyms, HiddenAddressesGiveAHint) {
  EXPECT_TRUE(parse_kallsyms("0000000000000000 T _stext\n0000000000000000 t x\n").ranges().empty());
  const test::TemporaryFolder folder;
  test::write_file(folder.file("kallsyms"), "0000000000000000 T _stext\n");
  const auto symbols = KernelSymbols::read(folder.file("kallsyms"));
  ASSERT_FALSE(symbols);
  EXPECT_EQ(symbols.error().code, ErrorCode::not_permitted);
  EXPECT_THAT(symbols.error().hint, ::testing::HasSubstr("kptr_restrict"));
}

TEST(Kallsyms, ShortFileSurvivesMoving) {
  const test::TemporaryFolder folder;
  test::write_file(folder.file("k"), "10 T f\n");
  auto symbols = KernelSymbols::read(folder.file("k"));
  ASSERT_TRUE(symbols);
  const KernelSymbols moved = std::move(*symbols);
  ASSERT_TRUE(moved.find(0x10));
  EXPECT_EQ(moved.find(0x10)->name, "f");
}

TEST(PerfMap, Lines) {
  const NamedRanges ranges = parse_perf_map(
      "1000 10 plain\n"
      "0x2000 0x20 with prefix and blanks\r\n"
      "3000 zz bad size\n"
      "4000 0 empty\n"
      "5000 10\n"
      "ffffffffffffffff 10 beyond the end\n"
      "\n"
      "6000\t10\ttabs\n"
      "1008 8 newer\n"
      "7000 10 last");
  EXPECT_EQ(name_at(ranges, 0x1000), "plain");
  EXPECT_EQ(name_at(ranges, 0x1008), "newer");
  EXPECT_EQ(name_at(ranges, 0x1010), "");
  EXPECT_EQ(name_at(ranges, 0x201f), "with prefix and blanks");
  EXPECT_EQ(name_at(ranges, 0x6000), "tabs");
  EXPECT_EQ(name_at(ranges, 0x700f), "last");
  EXPECT_EQ(ranges.ranges().size(), 5u);
}

TEST(PerfMap, OfTwoForOneAddressTheNewerWins) {
  EXPECT_EQ(name_at(parse_perf_map("1000 10 old\n1000 10 new\n"), 0x1001), "new");
}

TEST(PerfMap, SafetyRule) {
  const test::TemporaryFolder folder;
  const PerfMapPlace place{folder.path(), 42, ::geteuid()};
  EXPECT_EQ(PerfMap::open(place).error().code, ErrorCode::not_found);

  test::write_file(folder.file("real"), "1000 10 f\n");
  std::filesystem::create_symlink(folder.file("real"), folder.file("perf-42.map"));
  EXPECT_FALSE(PerfMap::open(place)) << "a symbolic link";
  std::filesystem::remove(folder.file("perf-42.map"));

  ASSERT_EQ(::mkfifo(folder.file("perf-42.map").c_str(), 0600), 0);
  EXPECT_FALSE(PerfMap::open(place)) << "a pipe";
  std::filesystem::remove(folder.file("perf-42.map"));

  std::filesystem::rename(folder.file("real"), folder.file("perf-42.map"));
  const auto map = PerfMap::open(place);
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_NE(map->find(0x1000), nullptr);

  if (::geteuid() != 0) return;  // only root can give a file away
  ASSERT_EQ(::chown(folder.file("perf-42.map").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(PerfMap::open(place)) << "a stranger's file";
  EXPECT_TRUE(PerfMap::open({folder.path(), 42, 12345})) << "the target user's file";
  ASSERT_EQ(::chown(folder.file("perf-42.map").c_str(), 0, 0), 0);
  EXPECT_TRUE(PerfMap::open({folder.path(), 42, 12345})) << "root's file";
}

TEST(PerfMap, TooLargeIsRefused) {
  const test::TemporaryFolder folder;
  test::write_file(folder.file("perf-7.map"), "1000 10 f\n");
  std::filesystem::resize_file(folder.file("perf-7.map"), (size_t{64} << 20) + 1);  // sparse
  const auto map = PerfMap::open({folder.path(), 7, ::geteuid()});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::no_resources);
}

}  // namespace
}  // namespace strobe::symbolize
