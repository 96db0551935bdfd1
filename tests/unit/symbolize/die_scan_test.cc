// Units written down byte by byte: what the scan finds in sound ones, and that damaged ones end it.
#include "symbolize/die_scan.h"

#include <dwarf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/symbolize/bytes_builder.h"

namespace strobe::symbolize {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kHeaderBytes = 11;  // of a unit of version 4

std::string attribute(unsigned name, unsigned form) { return u8(name) + u8(form); }
std::string abbreviation(unsigned code, unsigned tag, bool has_children, const std::string& attributes) {
  return u8(code) + u8(tag) + u8(has_children ? 1 : 0) + attributes + u8(0) + u8(0);
}

enum : unsigned { kUnit = 1, kNamespace, kFunction, kDeclaration, kLast = kDeclaration };

/// For the entries below; `more` are further ones.
std::string abbreviations(const std::string& more = {}) {
  return abbreviation(kUnit, DW_TAG_compile_unit, true, "") +
         abbreviation(kNamespace, DW_TAG_namespace, true, attribute(DW_AT_name, DW_FORM_string)) +
         abbreviation(kFunction, DW_TAG_subprogram, true, attribute(DW_AT_low_pc, DW_FORM_addr)) +
         abbreviation(kDeclaration, DW_TAG_subprogram, false, attribute(DW_AT_name, DW_FORM_string)) + more +
         u8(0);
}

/// A unit of version 4 whose abbreviations begin at 0.
std::string unit_of(const std::string& entries) { return with_length(u16(4) + u32(0) + u8(8) + entries); }

const std::string kEnd(1, '\0');
const std::string kSimpleFunction = u8(kFunction) + u64(0x1000) + kEnd;

UnitScan scan(const std::string& info, const std::string& abbrev = abbreviations()) {
  return scan_unit(bytes_of(info), bytes_of(abbrev), 0);
}

TEST(DieScan, FindsFunctionsWithCodeAndWhatEnclosesThem) {
  const std::string before = u8(kUnit) + u8(kNamespace) + text("outer");
  const std::string info =
      unit_of(before + u8(kDeclaration) + text("declared") + kSimpleFunction + kEnd + kSimpleFunction + kEnd);
  const UnitScan found = scan(info);
  const uint64_t inside = kHeaderBytes + before.size() + 1 + 9;
  const uint64_t outside = inside + kSimpleFunction.size() + 1;
  EXPECT_THAT(found.functions, ElementsAre(inside, outside));
  const uint32_t around = find_scope_around(found, inside);
  ASSERT_NE(around, kNoScope);
  EXPECT_EQ(found.scopes[around].begin, kHeaderBytes + 1);  // the namespace
  EXPECT_EQ(found.scopes[around].parent, kNoScope);
  EXPECT_EQ(find_scope_around(found, outside), kNoScope);
}

struct FormBytes {
  unsigned form;
  std::string bytes;
};

TEST(DieScan, GetsOverEveryForm) {
  const std::vector<FormBytes> forms = {
      {DW_FORM_addr, u64(1)},
      {DW_FORM_data1, u8(1)},
      {DW_FORM_data2, u16(1)},
      {DW_FORM_data4, u32(1)},
      {DW_FORM_data8, u64(1)},
      {DW_FORM_data16, u64(1) + u64(2)},
      {DW_FORM_flag, u8(1)},
      {DW_FORM_flag_present, ""},
      {DW_FORM_implicit_const, ""},
      {DW_FORM_string, text("a name")},
      {DW_FORM_strp, u32(1)},
      {DW_FORM_line_strp, u32(1)},
      {DW_FORM_strx, "\xff\x01"},
      {DW_FORM_strx3, "abc"},
      {DW_FORM_addrx, "\x80\x01"},
      {DW_FORM_udata, "\xff\x7f"},
      {DW_FORM_sdata, "\xff\x7f"},
      {DW_FORM_ref4, u32(1)},
      {DW_FORM_ref_addr, u32(1)},
      {DW_FORM_ref_sig8, u64(1)},
      {DW_FORM_ref_udata, "\x05"},
      {DW_FORM_sec_offset, u32(1)},
      {DW_FORM_exprloc,
       "\x03"
       "abc"},
      {DW_FORM_block,
       "\x02"
       "ab"},
      {DW_FORM_block1, u8(200) + std::string(200, 'x')},
      {DW_FORM_block2, u16(300) + std::string(300, 'x')},
      {DW_FORM_block4, u32(300) + std::string(300, 'x')},
      {DW_FORM_indirect, u8(DW_FORM_block1) + "\x01"
                                              "a"},
      {DW_FORM_loclistx, "\x05"},
      {DW_FORM_rnglistx, "\x05"},
  };
  for (const auto& [form, bytes] : forms) {
    std::string described = attribute(DW_AT_const_value, form);
    if (form == DW_FORM_implicit_const) described += "\x7f";
    const std::string abbrev = abbreviations(abbreviation(kLast + 1, DW_TAG_variable, false, described));
    const std::string info = unit_of(u8(kUnit) + u8(kLast + 1) + bytes + kSimpleFunction + kEnd);
    EXPECT_THAT(scan(info, abbrev).functions, ElementsAre(kHeaderBytes + 2 + bytes.size())) << form;
  }
}

TEST(DieScan, CutOffAnywhereHasNoMoreThanThereIs) {
  const std::string entries =
      u8(kUnit) + u8(kNamespace) + text("outer") + kSimpleFunction + kEnd + kSimpleFunction + kEnd;
  const std::string whole = unit_of(entries);
  const size_t all = scan(whole).functions.size();
  ASSERT_EQ(all, 2U);
  // The unit's length says more than is there: nothing of it is believed.
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(scan(whole.substr(0, size)).functions, IsEmpty()) << size;
  }
  for (size_t size = 0; size < entries.size(); ++size) {
    for (const uint64_t at : scan(unit_of(entries.substr(0, size))).functions) EXPECT_LT(at, whole.size());
  }
  const std::string abbrev = abbreviations();
  for (size_t size = 0; size < abbrev.size(); ++size) {
    EXPECT_LE(scan(whole, abbrev.substr(0, size)).functions.size(), all) << size;
  }
}

TEST(DieScan, LengthsBeyondTheUnitEndIt) {
  const std::vector<FormBytes> lies = {{DW_FORM_exprloc, huge_leb128()},
                                       {DW_FORM_block, huge_leb128()},
                                       {DW_FORM_block2, u16(0xffff)},
                                       {DW_FORM_block4, u32(0xffffffff)},
                                       {DW_FORM_string, "no end"},
                                       {DW_FORM_udata, std::string(11, '\xff')},
                                       {0x7f, ""}};  // no such form
  for (const auto& [form, bytes] : lies) {
    const std::string abbrev =
        abbreviations(abbreviation(kLast + 1, DW_TAG_variable, false, attribute(DW_AT_const_value, form)));
    const std::string before = u8(kUnit) + kSimpleFunction;
    const std::string info = unit_of(before + u8(kLast + 1) + bytes);
    EXPECT_THAT(scan(info, abbrev).functions, ElementsAre(kHeaderBytes + 1)) << form;
  }
}

TEST(DieScan, IndirectFormsThatNameThemselvesEnd) {
  const std::string abbrev = abbreviations(
      abbreviation(kLast + 1, DW_TAG_variable, false, attribute(DW_AT_const_value, DW_FORM_indirect)));
  const std::string chain(100'000, static_cast<char>(DW_FORM_indirect));
  const std::string info = unit_of(u8(kUnit) + kSimpleFunction + u8(kLast + 1) + chain);
  EXPECT_EQ(scan(info, abbrev).functions.size(), 1U);
}

TEST(DieScan, NestingHasABound) {
  std::string entries = u8(kUnit);
  for (int i = 0; i < 200'000; ++i) entries += u8(kFunction) + u64(0x1000);
  const UnitScan found = scan(unit_of(entries));
  EXPECT_GT(found.scopes.size(), 10'000U);
  EXPECT_LT(found.scopes.size(), 100'000U);
  uint32_t depth = 0;
  for (uint32_t scope = find_scope_around(found, found.functions.back()); scope != kNoScope;
       scope = found.scopes[scope].parent) {
    ++depth;
  }
  EXPECT_LE(depth, found.scopes.size());
}

TEST(DieScan, AbbreviationsWithHugeCodesTakeNoMemory) {
  const std::string abbrev = huge_leb128() + u8(DW_TAG_subprogram) + u8(0) + u8(0) + u8(0);
  EXPECT_THAT(scan(unit_of(u8(kUnit) + kSimpleFunction), abbrev).functions, IsEmpty());
  EXPECT_THAT(scan(unit_of(huge_leb128())).functions, IsEmpty());
}

TEST(DieScan, WithAnyByteChanged) {  // ends, and within the bytes: sanitizers watch
  const std::string info =
      unit_of(u8(kUnit) + u8(kNamespace) + text("outer") + kSimpleFunction + kEnd + kSimpleFunction + kEnd);
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::string changed = damaged(info, random);
    const UnitScan found = scan(changed, round % 2 == 0 ? abbreviations() : damaged(abbreviations(), random));
    for (const uint64_t at : found.functions) {
      ASSERT_LT(at, changed.size());
      const uint32_t around = find_scope_around(found, at);
      ASSERT_TRUE(around == kNoScope || around < found.scopes.size());
    }
  }
}

TEST(DieScan, OffsetsBeyondTheSectionFindNothing) {
  const std::string info = unit_of(u8(kUnit) + kSimpleFunction);
  for (const uint64_t offset : {info.size(), info.size() + 1, SIZE_MAX}) {
    EXPECT_THAT(scan_unit(bytes_of(info), bytes_of(abbreviations()), offset).functions, IsEmpty());
  }
}

}  // namespace
}  // namespace strobe::symbolize
