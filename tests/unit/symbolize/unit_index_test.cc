// The index of a package of .dwo files, built by hand after DWARF 5, 7.3.5.3.
#include "symbolize/unit_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace strobe::symbolize {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kFirst = 0x1111'0000'0000'0002;   // slot 2 of 4
constexpr uint64_t kSecond = 0x2222'0001'0000'0002;  // the same one: one further by bits 32 and up
constexpr uint32_t kSlots = 4;

class Words {
 public:
  Words& u32(std::initializer_list<uint32_t> values) {
    for (const uint32_t value : values) append(value, 4);
    return *this;
  }
  Words& u64(std::initializer_list<uint64_t> values) {
    for (const uint64_t value : values) append(value, 8);
    return *this;
  }
  Words& text(std::string_view value) {
    for (const char c : value) bytes_.push_back(static_cast<std::byte>(c));
    bytes_.push_back(std::byte{0});
    return *this;
  }
  [[nodiscard]] std::vector<std::byte> bytes() const { return bytes_; }

 private:
  void append(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
  }
  std::vector<std::byte> bytes_;
};

/// Two units with info, abbreviations, locations, string offsets and, in DWARF 5, range lists.
std::vector<std::byte> index_of(uint32_t version) {
  Words words;
  words.u32({version, 5, 2, kSlots});
  words.u64({0, 0, kFirst, kSecond}).u32({0, 0, 2, 1});
  words.u32({1, 3, 5, 6, 8});
  words.u32({0, 0, 0, 0, 0}).u32({100, 50, 7, 40, 30});
  words.u32({100, 50, 7, 40, 30}).u32({200, 60, 8, 0, 31});
  return words.bytes();
}

std::string describe(const std::vector<UnitPart>& parts) {
  std::string text;
  for (const UnitPart& part : parts) {
    text += std::string(part.section) + ' ' + std::to_string(part.offset) + '+' + std::to_string(part.size) +
            '\n';
  }
  return text;
}

TEST(UnitIndex, TellsThePartsOfAUnit) {
  EXPECT_EQ(describe(find_unit_parts(index_of(2), kFirst)), ".debug_info 100+200\n.debug_abbrev 50+60\n");
  EXPECT_EQ(describe(find_unit_parts(index_of(5), kFirst)),
            ".debug_info 100+200\n.debug_abbrev 50+60\n.debug_rnglists 30+31\n");
  EXPECT_EQ(describe(find_unit_parts(index_of(5), kSecond)),
            ".debug_info 0+100\n.debug_abbrev 0+50\n.debug_str_offsets 0+40\n.debug_rnglists 0+30\n");
}

TEST(UnitIndex, DoesNotFindWhatIsNotThere) {
  for (const uint64_t id : {uint64_t{0}, uint64_t{2}, kFirst + 1, ~uint64_t{0}}) {
    EXPECT_THAT(find_unit_parts(index_of(5), id), IsEmpty()) << id;
  }
}

TEST(UnitIndex, EndsWhereEverySlotIsTaken) {
  Words words;
  words.u32({5, 1, 1, 2}).u64({4, 6}).u32({1, 1}).u32({1}).u32({0}).u32({9});
  EXPECT_THAT(find_unit_parts(words.bytes(), 8), IsEmpty());
  EXPECT_THAT(find_unit_parts(words.bytes(), 6), SizeIs(1));
}

TEST(UnitIndex, OfOtherVersionsOrCutOffHasNothing) {
  for (const uint32_t version : {0u, 1u, 3u, 6u}) {
    EXPECT_THAT(find_unit_parts(index_of(version), kFirst), IsEmpty()) << version;
  }
  const std::vector<std::byte> whole = index_of(5);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(find_unit_parts(Bytes(whole).first(size), kFirst), IsEmpty()) << size;
  }
}

/// Field by field: counts that are no counts, rows that are not there.
TEST(UnitIndex, WithNumbersThatCannotBeHasNothingWrong) {
  const std::vector<std::byte> whole = index_of(5);
  for (size_t at = 0; at + 4 <= whole.size(); at += 4) {
    for (const uint32_t value : {0u, 3u, 0x7fffffffu, 0xffffffffu}) {
      std::vector<std::byte> damaged = whole;
      for (size_t i = 0; i < 4; ++i) damaged[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
      EXPECT_LE(find_unit_parts(damaged, kFirst).size(), 5u);
      EXPECT_LE(find_unit_parts(damaged, kSecond).size(), 5u);
    }
  }
}

TEST(UnitStrings, AreThoseOfTheUnit) {
  const std::vector<std::byte> text = Words().text("zero").text("five").text("ten").bytes();
  const std::vector<std::byte> offsets = Words().u32({10, 0, 99, 10}).bytes();
  const auto strings = gather_strings(offsets, text, false);
  ASSERT_TRUE(strings);
  EXPECT_EQ(strings->text, Words().text("").text("ten").text("zero").text("ten").bytes());
  EXPECT_EQ(strings->offsets, Words().u32({1, 5, 0, 10}).bytes());
  // DWARF 5: length, version and padding come first, and stay.
  const auto with_header = gather_strings(Words().u32({8, 5, 5}).bytes(), text, true);
  ASSERT_TRUE(with_header);
  EXPECT_EQ(with_header->offsets, Words().u32({8, 5, 1}).bytes());
  EXPECT_EQ(with_header->text, Words().text("").text("five").bytes());
  EXPECT_FALSE(gather_strings(Words().u32({8}).bytes(), text, true));
}

TEST(UnitStrings, AreBounded) {
  const std::string large(size_t{1} << 20, 'x');
  std::vector<std::byte> offsets;
  for (int i = 0; i < 100; ++i) offsets.resize(offsets.size() + 4);
  EXPECT_FALSE(gather_strings(offsets, Words().text(large).bytes(), false));
  // Without an end it is none.
  const auto unended = gather_strings(Words().u32({0}).bytes(), Bytes(offsets).first(0), false);
  ASSERT_TRUE(unended);
  EXPECT_THAT(unended->text, SizeIs(1));
}

}  // namespace
}  // namespace strobe::symbolize
