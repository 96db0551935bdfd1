// Line tables written down byte by byte: what sound ones answer, and that damaged ones end.
#include "symbolize/line_program.h"

#include <dwarf.h>
#include <gtest/gtest.h>

#include "unit/symbolize/bytes_builder.h"

namespace strobe::symbolize {
namespace {

const std::string kOperandCounts("\0\1\1\1\1\0\0\0\1\0\0\1", 12);
const std::string kCopy = u8(DW_LNS_copy);
const std::string kEndSequence = u8(0) + u8(1) + u8(DW_LNE_end_sequence);

std::string set_address(uint64_t address) { return u8(0) + u8(9) + u8(DW_LNE_set_address) + u64(address); }
std::string advance(unsigned bytes, unsigned lines) {
  return u8(DW_LNS_advance_pc) + u8(bytes) + u8(DW_LNS_advance_line) + u8(lines);
}

const std::string kFiles4 = text("include") + u8(0) + text("main.c") + std::string(3, '\0') + text("a.h") +
                            u8(1) + u8(0) + u8(0) + u8(0);

/// What follows the length of a table of version 4.
std::string body4(const std::string& program, const std::string& files = kFiles4) {
  const std::string header = u8(1) + u8(1) + u8(1) + u8(0xfb) + u8(14) + u8(13) + kOperandCounts + files;
  return u16(4) + u32(header.size()) + header + program;
}

/// Likewise of version 5; `files` are its two tables.
std::string body5(const std::string& program, const std::string& files) {
  const std::string header = u8(1) + u8(1) + u8(1) + u8(0xfb) + u8(14) + u8(13) + kOperandCounts + files;
  return u16(5) + u8(8) + u8(0) + u32(header.size()) + header + program;
}

/// Lines 1 at 0x1000, 3 at 0x1010, up to 0x1020.
const std::string kProgram =
    set_address(0x1000) + kCopy + advance(0x10, 2) + kCopy + advance(0x10, 1) + kEndSequence;
const std::vector<uint64_t> kAddresses = {0xfff, 0x1000, 0x100f, 0x1010, 0x101f, 0x1020};
const std::vector<uint32_t> kLines = {0, 1, 1, 3, 3, 0};

struct Sections {
  std::string line;
  std::string line_str{};
  [[nodiscard]] DebugSections get() const {
    return DebugSections({{".debug_line", bytes_of(line)}, {".debug_line_str", bytes_of(line_str)}});
  }
};

std::vector<LinePlace> find(const std::string& section, const std::vector<uint64_t>& addresses = kAddresses) {
  const Sections sections{section};
  return LineProgram::read(sections.get(), 0, "/src").find(addresses);
}

TEST(LineProgram, ARowHoldsUntilTheNext) {
  const auto places = find(with_length(body4(kProgram)));
  ASSERT_EQ(places.size(), kAddresses.size());
  for (size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(places[i].is_known, kLines[i] != 0) << kAddresses[i];
    EXPECT_EQ(places[i].line, kLines[i]) << kAddresses[i];
  }
}

TEST(LineProgram, PathsOfVersions4And5) {
  const Sections four{with_length(body4(kProgram))};
  const auto before = LineProgram::read(four.get(), 0, "/src");
  EXPECT_EQ(before.path(1), "/src/main.c");
  EXPECT_EQ(before.path(2), "/src/include/a.h");
  EXPECT_EQ(before.path(0), "");
  EXPECT_EQ(before.path(UINT64_MAX), "");
  const std::string directories =
      u8(1) + u8(DW_LNCT_path) + u8(DW_FORM_string) + u8(2) + text("/home") + text("include");
  const std::string files = u8(2) + u8(DW_LNCT_path) + u8(DW_FORM_line_strp) + u8(DW_LNCT_directory_index) +
                            u8(DW_FORM_udata) + u8(2) + u32(0) + u8(0) + u32(7) + u8(1);
  const Sections five{with_length(body5(kProgram, directories + files)), text("main.c") + text("a.h")};
  const auto after = LineProgram::read(five.get(), 0, "/src");
  EXPECT_EQ(after.path(0), "/home/main.c");
  EXPECT_EQ(after.path(1), "/home/include/a.h");
}

// The unit's directory is relative where paths were mapped at build time; version 5 repeats it as number 0.
TEST(LineProgram, ARelativeUnitDirectoryIsNotJoinedTwice) {
  const std::string directories =
      u8(1) + u8(DW_LNCT_path) + u8(DW_FORM_string) + u8(2) + text("csu") + text("include");
  const std::string files = u8(2) + u8(DW_LNCT_path) + u8(DW_FORM_line_strp) + u8(DW_LNCT_directory_index) +
                            u8(DW_FORM_udata) + u8(2) + u32(0) + u8(0) + u32(7) + u8(1);
  const Sections five{with_length(body5(kProgram, directories + files)), text("main.c") + text("a.h")};
  const auto program = LineProgram::read(five.get(), 0, "csu");
  EXPECT_EQ(program.path(0), "csu/main.c");
  EXPECT_EQ(program.path(1), "csu/include/a.h");
}

TEST(LineProgram, CutOffAnywhereAnswersNothingWrong) {
  const std::string body = body4(kProgram);
  for (size_t size = 0; size < body.size(); ++size) {
    const auto places = find(with_length(body.substr(0, size)));
    ASSERT_EQ(places.size(), kAddresses.size());
    for (size_t i = 0; i < places.size(); ++i) {
      EXPECT_TRUE(!places[i].is_known || places[i].line == kLines[i]) << size;
    }
  }
  const std::string whole = with_length(body);  // with a length that says more than is there
  for (size_t size = 0; size < whole.size(); ++size) {
    for (const LinePlace& place : find(whole.substr(0, size))) EXPECT_FALSE(place.is_known) << size;
  }
}

TEST(LineProgram, CountsThatAreLiesEndWithTheBytes) {
  const std::string names = u8(1) + u8(DW_LNCT_path) + u8(DW_FORM_string);
  for (const std::string& formats : {u8(0), names, u8(255) + std::string(40, '\x01')}) {
    const Sections sections{with_length(body5(kProgram, formats + huge_leb128() + text("a")))};
    const auto table = LineProgram::read(sections.get(), 0, "/src");
    EXPECT_EQ(table.find(kAddresses).size(), kAddresses.size());
    EXPECT_EQ(table.path(1'000'000), "");
  }
}

TEST(LineProgram, LengthsAndOperandsThatAreLiesEndTheTable) {
  const std::string sound = set_address(0x1000) + kCopy + advance(0x10, 2) + kCopy;
  for (const std::string& lie : {u8(0) + huge_leb128() + "x", u8(0) + u8(0), u8(DW_LNS_set_file) + u8(0xff),
                                 u8(DW_LNS_advance_pc) + std::string(12, '\xff')}) {
    const auto places = find(with_length(body4(sound + lie)));
    EXPECT_EQ(places[1].line, 1U);  // known before
    EXPECT_EQ(places[2].line, 1U);
  }
}

TEST(LineProgram, DivisorsOfZeroAreRefused) {
  std::string body = body4(kProgram);
  const size_t line_range = 2 + 4 + 4;
  ASSERT_EQ(body[line_range], 14);
  for (const size_t at : {line_range, line_range + 1}) {  // and no opcodes at all
    std::string changed = body;
    changed[at] = 0;
    for (const LinePlace& place : find(with_length(changed))) EXPECT_FALSE(place.is_known);
  }
}

TEST(LineProgram, NamesThatAreNoPathsAreCutOff) {
  const std::string monster(100'000, 'a');
  const Sections sections{
      with_length(body4(kProgram, text(monster) + u8(0) + text(monster) + u8(1) + u8(0) + u8(0) + u8(0)))};
  EXPECT_LE(LineProgram::read(sections.get(), 0, "/src").path(1).size(), 10'000U);
}

TEST(LineProgram, AnsweringTheSameAddressOverAndOverEnds) {
  constexpr uint32_t kSequences = 20'000;
  std::string program;
  for (uint32_t i = 0; i < kSequences; ++i) {
    program += set_address(0x1000) + u8(DW_LNS_advance_line) + u8(i % 64) + kCopy + u8(DW_LNS_advance_pc) +
               "\x80\x20" + kEndSequence;
  }
  program +=
      set_address(0x1000) + u8(DW_LNS_advance_line) + "\xe7\x07" + kCopy + advance(0x7f, 0) + kEndSequence;
  std::vector<uint64_t> addresses;
  for (uint64_t i = 0; i < 100; ++i) addresses.push_back(0x1000 + i);
  for (const LinePlace& place : find(with_length(body4(program)), addresses)) {
    EXPECT_TRUE(place.is_known);
    EXPECT_LE(place.line, 64U);  // the last row is not reached
  }
}

TEST(LineProgram, WithAnyByteChanged) {  // ends, and within the bytes: sanitizers watch
  const std::string directories =
      u8(1) + u8(DW_LNCT_path) + u8(DW_FORM_string) + u8(2) + text("/home") + text("include");
  const std::string files = u8(2) + u8(DW_LNCT_path) + u8(DW_FORM_line_strp) + u8(DW_LNCT_directory_index) +
                            u8(DW_FORM_udata) + u8(1) + u32(0) + u8(0);
  const std::string whole[] = {with_length(body4(kProgram)),
                               with_length(body5(kProgram, directories + files))};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const Sections sections{damaged(whole[round % 2], random), text("main.c")};
    const auto table = LineProgram::read(sections.get(), 0, "/src");
    const auto places = table.find(kAddresses);
    ASSERT_EQ(places.size(), kAddresses.size());
    for (const LinePlace& place : places) EXPECT_LE(table.path(place.file).size(), whole[1].size() * 3);
  }
}

}  // namespace
}  // namespace strobe::symbolize
