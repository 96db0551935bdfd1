// Rows of hand-made CFI: what each instruction means, and that corrupt bytes are refused.
#include "unwind/core/cfi_program.h"

#include <gtest/gtest.h>

#include "unit/unwind/cfi_bytes.h"
#include "unwind/core/cfi_entry.h"

namespace strobe::unwind {
namespace {

using test::ByteWriter;

constexpr uint64_t kSection = 0x5000;
constexpr uint64_t kBegin = 0x1000;

struct Decoded {
  std::vector<std::byte> bytes;  // rows borrow from it
  bool ok = false;
  UnwindRow row;
};

Decoded decode(const ByteWriter& instructions, uint64_t offset, const char* augmentation = "zR") {
  Decoded out{.bytes = test::one_function(kSection, kBegin, 100, instructions, augmentation)};
  const CfiSection section{.bytes = out.bytes, .address = kSection};
  RecordKind kind = RecordKind::terminator;
  Fde fde;
  uint64_t next = 0;
  out.ok = decode_record(section, 0, kind, fde, next) && kind == RecordKind::cie &&
           decode_fde(section, next, fde) && fde.contains(kBegin + offset) &&
           decode_row(fde, kBegin + offset, out.row);
  return out;
}

/// push %rbp; mov %rsp, %rbp; push %rbx … pop; ret, as GCC describes it.
ByteWriter function_with_frame_pointer() {
  ByteWriter code;
  code.u8({0x41, 0x0e, 16, 0x86, 2});     // +1: CFA offset 16, rbp at CFA-16
  code.u8({0x43, 0x0d, 6});               // +4: CFA register rbp
  code.u8({0x41, 0x83, 3});               // +5: rbx at CFA-24
  code.u8({0x02, 60, 0x0a, 0x0c, 7, 8});  // +65: remember; CFA rsp+8 (an early return)
  code.u8({0x41, 0x0b});                  // +66: restore
  return code;
}

TEST(CfiProgram, RowsOfAFunction) {
  const struct {
    uint64_t offset;
    int cfa_register;
    int64_t cfa_offset;
    bool saves_rbp;
    bool saves_rbx;
  } cases[] = {{0, 7, 8, false, false}, {1, 7, 16, true, false}, {3, 7, 16, true, false},
               {4, 6, 16, true, false}, {5, 6, 16, true, true},  {64, 6, 16, true, true},
               {65, 7, 8, true, true},  {66, 6, 16, true, true}, {99, 6, 16, true, true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.offset);
    const Decoded decoded = decode(function_with_frame_pointer(), c.offset);
    ASSERT_TRUE(decoded.ok);
    EXPECT_EQ(decoded.row.cfa.register_number, c.cfa_register);
    EXPECT_EQ(decoded.row.cfa.offset, c.cfa_offset);
    EXPECT_EQ(decoded.row.rules[16].value, -8);
    EXPECT_EQ(decoded.row.rules[6].kind, c.saves_rbp ? RuleKind::offset : RuleKind::unspecified);
    EXPECT_EQ(decoded.row.rules[3].kind, c.saves_rbx ? RuleKind::offset : RuleKind::unspecified);
    if (c.saves_rbx) {
      EXPECT_EQ(decoded.row.rules[3].value, -24);
    }
  }
}

TEST(CfiProgram, RegisterRules) {
  const struct {
    const char* name;
    ByteWriter instructions;
    int number;
    RuleKind kind;
    int64_t value;
  } cases[] = {
      {"undefined", ByteWriter().u8({0x07, 16}), 16, RuleKind::undefined, 0},
      {"same value", ByteWriter().u8({0x08, 3}), 3, RuleKind::same_value, 0},
      {"register", ByteWriter().u8({0x09, 3, 12}), 3, RuleKind::other_register, 12},
      {"offset extended", ByteWriter().u8({0x05, 14, 3}), 14, RuleKind::offset, -24},
      {"signed offset", ByteWriter().u8({0x11, 14, 0x7e}), 14, RuleKind::offset, 16},
      {"value offset", ByteWriter().u8({0x14, 12, 2}), 12, RuleKind::value_offset, -16},
      {"signed value offset", ByteWriter().u8({0x15, 12, 0x7f}), 12, RuleKind::value_offset, 8},
      {"GNU negative offset", ByteWriter().u8({0x2f, 12, 2}), 12, RuleKind::offset, 16},
      {"restore", ByteWriter().u8({0x07, 16, 0xd0}), 16, RuleKind::offset, -8},
      {"restore extended", ByteWriter().u8({0x08, 16, 0x06, 16}), 16, RuleKind::offset, -8},
      {"not tracked", ByteWriter().u8({0x05, 40, 3}), 3, RuleKind::unspecified, 0},
      {"argument size", ByteWriter().u8({0x2e, 0x90, 0x01, 0x83, 2}), 3, RuleKind::offset, -16},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Decoded decoded = decode(c.instructions, 50);
    ASSERT_TRUE(decoded.ok);
    EXPECT_EQ(decoded.row.rules[static_cast<size_t>(c.number)].kind, c.kind);
    EXPECT_EQ(decoded.row.rules[static_cast<size_t>(c.number)].value, c.value);
  }
}

TEST(CfiProgram, Expressions) {
  const Decoded decoded = decode(ByteWriter().u8({0x0f, 3, 0x76, 0x78, 0x06}).u8({0x10, 6, 2, 0x76, 0}), 50);
  ASSERT_TRUE(decoded.ok);
  EXPECT_EQ(decoded.row.cfa.kind, CfaRule::Kind::expression);
  EXPECT_EQ(decoded.row.cfa.expression.size(), 3u);
  EXPECT_EQ(decoded.row.rules[6].kind, RuleKind::expression);
  EXPECT_EQ(decoded.row.rules[6].expression_bytes().size(), 2u);
}

TEST(CfiProgram, SignalFrameAugmentation) {
  EXPECT_TRUE(decode(ByteWriter(), 0, "zRS").row.signal_frame);
  EXPECT_FALSE(decode(ByteWriter(), 0, "zR").row.signal_frame);
}

TEST(CfiProgram, CorruptInstructionsAreRefused) {
  ByteWriter deep;
  for (int i = 0; i < 100; ++i) deep.u8({0x0a});
  const struct {
    const char* name;
    ByteWriter instructions;
  } cases[] = {
      {"unknown opcode", ByteWriter().u8({0x3f})},
      {"operand missing", ByteWriter().u8({0x0c, 7})},
      {"expression longer than its place", ByteWriter().u8({0x0f, 100, 0x76})},
      {"empty CFA expression", ByteWriter().u8({0x0f, 0})},
      {"restore without remember", ByteWriter().u8({0x0b})},
      {"remember without end", deep},
      {"CFA in a register that is none", ByteWriter().u8({0x0d, 77})},
      {"offset for a CFA that is an expression", ByteWriter().u8({0x0f, 1, 0x30, 0x0e, 8})},
  };
  for (const auto& c : cases) EXPECT_FALSE(decode(c.instructions, 50).ok) << c.name;
}

TEST(CfiEntry, EveryTruncationAndEveryFlippedByteIsSurvived) {
  const auto bytes = test::one_function(kSection, kBegin, 100, function_with_frame_pointer());
  const auto walk = [](const std::vector<std::byte>& some) {
    const CfiSection section{.bytes = some, .address = kSection};
    uint64_t offset = 0;
    int records = 0;
    while (offset < some.size() && ++records < 100) {
      RecordKind kind = RecordKind::terminator;
      Fde fde;
      UnwindRow row;
      uint64_t next = 0;
      if (decode_record(section, offset, kind, fde, next) && kind == RecordKind::fde) {
        static_cast<void>(decode_row(fde, kBegin + 10, row));
      }
      if (next <= offset) break;
      offset = next;
    }
    EXPECT_LT(records, 100);
  };
  for (size_t size = 0; size <= bytes.size(); ++size)
    walk({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)});
  for (size_t place = 0; place < bytes.size(); ++place) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      auto changed = bytes;
      changed[place] ^= static_cast<std::byte>(flip);
      walk(changed);
    }
  }
}

TEST(CfiEntry, DebugFrameHasOtherIdsAndOffsets) {
  ByteWriter cie;
  cie.put(UINT32_MAX).u8({4}).text("").u8({8, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1});
  ByteWriter fde;
  fde.put(uint32_t{0}).put(uint64_t{0x1000}).put(uint64_t{0x20}).u8({0x41, 0x0e, 32});
  ByteWriter section;
  section.record(cie);
  const uint64_t place = section.size();
  section.record(fde);
  const auto bytes = section.bytes();
  Fde decoded;
  UnwindRow row;
  ASSERT_TRUE(decode_fde({.bytes = bytes, .format = CfiSection::Format::debug_frame}, place, decoded));
  EXPECT_EQ(decoded.pc_begin, 0x1000u);
  EXPECT_EQ(decoded.pc_end, 0x1020u);
  ASSERT_TRUE(decode_row(decoded, 0x1001, row));
  EXPECT_EQ(row.cfa.offset, 32);
}

TEST(EhFrameHeader, FindsTheLastFunctionAtOrBefore) {
  ByteWriter header;
  header.u8({1, 0x1b, 0x03, 0x3b}).put(int32_t{0x100 - 4}).put(uint32_t{3});
  for (const int32_t begin : {0x1000, 0x2000, 0x3000}) header.put(begin).put(begin / 16);
  const auto bytes = header.bytes();
  EhFrameHeader decoded;
  ASSERT_TRUE(decode_eh_frame_header(bytes, 0x10000, decoded));
  EXPECT_EQ(decoded.eh_frame_address, 0x10100u);
  const struct {
    uint64_t pc;
    uint64_t fde;
  } cases[] = {{0x10fff, 0}, {0x11000, 0x10100}, {0x11fff, 0x10100}, {0x12000, 0x10200}, {0x99999, 0x10300}};
  for (const auto& c : cases) EXPECT_EQ(decoded.find_fde_address(c.pc), c.fde) << c.pc;
}

TEST(EhFrameHeader, ATableThatLiesAboutItsSizeIsLeftOut) {
  ByteWriter header;
  header.u8({1, 0x1b, 0x03, 0x3b}).put(int32_t{0}).put(uint32_t{0x40000000}).put(uint64_t{0});
  const auto bytes = header.bytes();
  EhFrameHeader decoded;
  ASSERT_TRUE(decode_eh_frame_header(bytes, 0x10000, decoded));
  EXPECT_TRUE(decoded.table.empty());
}

}  // namespace
}  // namespace strobe::unwind
