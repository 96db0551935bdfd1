// One step at a time over made-up stacks: general rows, compact rows (which have to agree with them),
// expressions, and frames without CFI.
#include "unwind/core/step.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/unwind/cfi_bytes.h"
#include "unwind/core/compact_row.h"
#include "unwind/core/dwarf_expression.h"
#include "unwind/core/frame_pointer.h"

namespace strobe::unwind {
namespace {

using test::ByteWriter;

class WordMemory final : public MemoryReader {
 public:
  using Words = std::map<uint64_t, uint64_t>;
  explicit WordMemory(Words words) : words_(std::move(words)) {}
  WordMemory(const WordMemory&) = delete;
  bool read_memory(uint64_t address, std::span<std::byte> out) override {
    for (size_t done = 0; done < out.size(); done += 8) {
      const auto word = words_.find(address + done);
      if (word == words_.end()) return false;
      std::memcpy(out.data() + done, &word->second, std::min<size_t>(8, out.size() - done));
    }
    return true;
  }
  bool read_u64(uint64_t address, uint64_t& out) {
    return read_memory(address, std::as_writable_bytes(std::span(&out, 1)));
  }

 private:
  std::map<uint64_t, uint64_t> words_;
};

FrameRegisters frame_at(uint64_t sp, uint64_t fp, uint64_t pc = 0x400000) {
  FrameRegisters frame;
  frame.set(x86_64::kRsp, sp);
  frame.set(x86_64::kRbp, fp);
  frame.set(x86_64::kRip, pc);
  return frame;
}

UnwindRow row_with_cfa(uint8_t number, int64_t offset) {
  UnwindRow row;
  row.cfa = {.kind = CfaRule::Kind::register_offset, .register_number = number, .offset = offset};
  row.return_address_register = x86_64::kRip;
  row.rules[x86_64::kRip].kind = RuleKind::offset;
  row.rules[x86_64::kRip].value = -8;
  return row;
}

void save(UnwindRow& row, size_t number, int64_t offset) {
  row.rules[number].kind = RuleKind::offset;
  row.rules[number].value = offset;
}

TEST(Step, CompactAndGeneralRowsAgree) {
  UnwindRow leaf = row_with_cfa(x86_64::kRsp, 8);
  UnwindRow framed = row_with_cfa(x86_64::kRbp, 16);
  save(framed, x86_64::kRbp, -16);
  save(framed, x86_64::kRbx, -24);
  std::map<uint64_t, uint64_t> words;
  for (uint64_t address = 0x1000; address < 0x1100; address += 8) words[address] = address * 3;
  for (const UnwindRow& row : {leaf, framed}) {
    WordMemory memory(words);
    FrameRegisters general = frame_at(0x1000, 0x1040);
    FrameRegisters quick = general;
    CompactRow compact;
    ASSERT_TRUE(make_compact(row, 0, compact));
    ASSERT_EQ(step_row(row, 0, memory, general), StepResult::ok);
    ASSERT_EQ(step_compact(compact, memory, quick), StepResult::ok);
    EXPECT_EQ(general.known, quick.known);
    for (size_t i = 0; i < kArchitecture.register_count; ++i) {
      if (!general.is_known(i)) continue;
      EXPECT_EQ(general.get(i), quick.get(i)) << i;
    }
    EXPECT_FALSE(general.is_known(x86_64::kRax)) << "a call may change it";
  }
}

TEST(Step, UndefinedReturnAddressIsTheEnd) {
  UnwindRow row = row_with_cfa(x86_64::kRsp, 8);
  row.rules[x86_64::kRip].kind = RuleKind::undefined;
  WordMemory memory(WordMemory::Words{});
  FrameRegisters frame = frame_at(0x1000, 0);
  EXPECT_EQ(step_row(row, 0, memory, frame), StepResult::end_of_stack);
}

TEST(Step, PoppedRegistersKeepTheirValues) {
  // In the epilogue: rbx was popped, its place is below the stack pointer and not in the copy.
  UnwindRow row = row_with_cfa(x86_64::kRbp, 16);
  save(row, x86_64::kRbp, -16);
  save(row, x86_64::kRbx, -24);
  CompactRow compact;
  ASSERT_TRUE(make_compact(row, 0, compact));
  for (const bool quick : {false, true}) {
    WordMemory memory({{0x1040, 0x2000}, {0x1048, 0x401234}});
    FrameRegisters frame = frame_at(0x1040, 0x1040);
    frame.set(x86_64::kRbx, 77);
    ASSERT_EQ(quick ? step_compact(compact, memory, frame) : step_row(row, 0, memory, frame), StepResult::ok);
    EXPECT_EQ(frame.get(x86_64::kRbx), 77u);
    EXPECT_EQ(frame.pc(), 0x401234u);
    EXPECT_EQ(frame.fp(), 0x2000u);
  }
}

TEST(Step, ARegisterThatWasLostIsNotUsed) {
  const UnwindRow row = row_with_cfa(x86_64::kR10, 0);
  WordMemory memory(WordMemory::Words{{0x0ff8, 1}});
  FrameRegisters frame = frame_at(0x1000, 0);
  frame.set(x86_64::kR10, 0x1000);
  EXPECT_EQ(step_row(row, 0, memory, frame), StepResult::ok);
  frame = frame_at(0x1000, 0);
  frame.set(x86_64::kR10, 0x1000);
  frame.forget(x86_64::kR10);
  EXPECT_EQ(step_row(row, 0, memory, frame), StepResult::bad_info);
}

TEST(Step, UnreadableStackLeavesTheFrameAsItWas) {
  const UnwindRow row = row_with_cfa(x86_64::kRsp, 8);
  WordMemory memory(WordMemory::Words{});
  FrameRegisters frame = frame_at(0x1000, 0x2000);
  EXPECT_EQ(step_row(row, 0, memory, frame), StepResult::unreadable);
  EXPECT_EQ(frame.sp(), 0x1000u);
  EXPECT_EQ(frame.pc(), 0x400000u);
}

TEST(CompactRow, PltRowDependsOnTheAddress) {
  const auto expression =
      ByteWriter().u8({0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22}).bytes();
  UnwindRow row = row_with_cfa(0, 0);
  row.cfa = {.kind = CfaRule::Kind::expression, .expression = expression};
  for (const uint64_t pc : {0x1020u, 0x1026u, 0x102au, 0x102bu, 0x102fu}) {
    CompactRow compact;
    ASSERT_TRUE(make_compact(row, pc, compact));
    FrameRegisters frame = frame_at(0x7000, 0, pc);
    WordMemory memory(WordMemory::Words{});
    uint64_t cfa = 0;
    ASSERT_TRUE(evaluate_expression(expression, {.registers = frame, .memory = memory}, nullptr, cfa));
    EXPECT_EQ(0x7000 + static_cast<uint64_t>(compact.cfa_offset), cfa) << pc;
  }
}

TEST(CompactRow, RealignedStack) {
  const auto cfa = ByteWriter().u8({0x76, 0x78, 0x06}).bytes();  // the word at rbp - 8
  const auto rbp = ByteWriter().u8({0x76, 0}).bytes();
  UnwindRow row = row_with_cfa(0, 0);
  row.cfa = {.kind = CfaRule::Kind::expression, .expression = cfa};
  row.rules[x86_64::kRbp].kind = RuleKind::expression;
  row.rules[x86_64::kRbp].expression = rbp.data();
  row.rules[x86_64::kRbp].expression_size = 2;
  CompactRow compact;
  ASSERT_TRUE(make_compact(row, 0, compact));
  for (const bool quick : {false, true}) {
    WordMemory memory({{0x1038, 0x1100}, {0x1040, 0x2000}, {0x10f8, 0x401234}});
    FrameRegisters frame = frame_at(0x1000, 0x1040);
    ASSERT_EQ(quick ? step_compact(compact, memory, frame) : step_row(row, 0, memory, frame), StepResult::ok);
    EXPECT_EQ(frame.sp(), 0x1100u);
    EXPECT_EQ(frame.fp(), 0x2000u);
    EXPECT_EQ(frame.pc(), 0x401234u);
  }
}

TEST(CompactRow, WhatDoesNotFitIsLeftToTheGeneralRow) {
  UnwindRow odd_offset = row_with_cfa(x86_64::kRsp, 8);
  save(odd_offset, x86_64::kRbx, -12);
  UnwindRow far_save = row_with_cfa(x86_64::kRsp, 8);
  save(far_save, x86_64::kRbx, -8 * 40'000);
  UnwindRow other_place = row_with_cfa(x86_64::kRsp, 8);
  save(other_place, x86_64::kRip, -16);
  UnwindRow huge = row_with_cfa(x86_64::kRsp, int64_t{1} << 40);
  UnwindRow signal = row_with_cfa(x86_64::kRsp, 8);
  signal.signal_frame = true;
  UnwindRow saves_rax = row_with_cfa(x86_64::kRsp, 8);
  save(saves_rax, x86_64::kRax, -16);
  for (const UnwindRow& row : {odd_offset, far_save, other_place, huge, signal, saves_rax}) {
    CompactRow compact;
    EXPECT_FALSE(make_compact(row, 0, compact));
  }
}

TEST(DwarfExpression, Operations) {
  const struct {
    const char* name;
    ByteWriter code;
    uint64_t value;
  } cases[] = {
      {"literals and plus", ByteWriter().u8({0x35, 0x36, 0x22}), 11},
      {"minus", ByteWriter().u8({0x35, 0x36, 0x1c}), UINT64_MAX},
      {"signed compare", ByteWriter().u8({0x09, 0xff, 0x31, 0x2d}), 1},
      {"shift beyond the word", ByteWriter().u8({0x31, 0x08, 64, 0x24}), 0},
      {"arithmetic shift", ByteWriter().u8({0x09, 0xf0, 0x32, 0x26}), static_cast<uint64_t>(-4)},
      {"swap", ByteWriter().u8({0x35, 0x32, 0x16, 0x1c}), static_cast<uint64_t>(-3)},
      {"rot", ByteWriter().u8({0x31, 0x32, 0x33, 0x17, 0x1c}), UINT64_MAX},
      {"pick", ByteWriter().u8({0x39, 0x32, 0x15, 1}), 9},
      {"branch taken", ByteWriter().u8({0x35, 0x31, 0x28, 1, 0, 0x30}), 5},
      {"branch not taken", ByteWriter().u8({0x35, 0x30, 0x28, 1, 0, 0x37}), 7},
      {"deref", ByteWriter().u8({0x0a, 0x00, 0x10, 0x06}), 0x8877665544332211},
      {"deref of two bytes", ByteWriter().u8({0x0a, 0x00, 0x10, 0x94, 2}), 0x2211},
      {"address", ByteWriter().u8({0x03, 1, 0, 0, 0, 0, 0, 0, 0}), 0x10001},
      {"register", ByteWriter().u8({0x77, 0x10}), 0x7010},
      {"uconst", ByteWriter().u8({0x10, 0x80, 0x01, 0x23, 2}), 130},
  };
  const FrameRegisters frame = frame_at(0x7000, 0);
  WordMemory memory(WordMemory::Words{{0x1000, 0x8877665544332211}});
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    uint64_t value = 0;
    const auto bytes = c.code.bytes();
    ASSERT_TRUE(
        evaluate_expression(bytes, {.registers = frame, .memory = memory, .bias = 0x10000}, nullptr, value));
    EXPECT_EQ(value, c.value);
  }
}

TEST(DwarfExpression, BadOnesAreRefused) {
  ByteWriter deep;
  for (int i = 0; i < 65; ++i) deep.u8({0x30});
  const struct {
    const char* name;
    ByteWriter code;
  } cases[] = {
      {"empty", ByteWriter()},
      {"underflow", ByteWriter().u8({0x22})},
      {"overflow", deep},
      {"endless loop", ByteWriter().u8({0x2f, 0xfd, 0xff})},
      {"jump outside", ByteWriter().u8({0x2f, 0x00, 0x7f})},
      {"division by zero", ByteWriter().u8({0x31, 0x30, 0x1b})},
      {"overflowing division", ByteWriter().u8({0x0f}).put(INT64_MIN).u8({0x09, 0xff, 0x1b})},
      {"unknown operation", ByteWriter().u8({0xff})},
      {"unreadable", ByteWriter().u8({0x30, 0x06})},
      {"operand missing", ByteWriter().u8({0x0e, 1, 2})},
      {"no such register", ByteWriter().u8({0x92, 0x60, 0})},
  };
  const FrameRegisters frame = frame_at(0x7000, 0);
  WordMemory memory(WordMemory::Words{});
  for (const auto& c : cases) {
    uint64_t value = 0;
    const auto bytes = c.code.bytes();
    EXPECT_FALSE(evaluate_expression(bytes, {.registers = frame, .memory = memory}, nullptr, value))
        << c.name;
  }
}

TEST(FramePointer, GoesUpOnly) {
  const struct {
    const char* name;
    uint64_t sp;
    uint64_t fp;
    StepResult result;
  } cases[] = {{"above", 0x1000, 0x1040, StepResult::ok},
               {"at", 0x1040, 0x1040, StepResult::ok},
               {"below", 0x1048, 0x1040, StepResult::bad_info},
               {"unaligned", 0x1000, 0x1041, StepResult::bad_info},
               {"outside", 0x1000, 0x9000, StepResult::unreadable},
               {"wraps", 0x1000, UINT64_MAX - 7, StepResult::bad_info}};
  for (const auto& c : cases) {
    WordMemory memory({{0x1040, 0x1080}, {0x1048, 0x401234}});
    FrameRegisters frame = frame_at(c.sp, c.fp);
    EXPECT_EQ(step_frame_pointer(memory, frame), c.result) << c.name;
    if (c.result == StepResult::ok) {
      EXPECT_EQ(frame.pc(), 0x401234u);
      EXPECT_FALSE(frame.is_known(x86_64::kRbx));
    }
  }
}

TEST(FramePointer, CallInstructions) {
  const struct {
    const char* text;
    ByteWriter code;
    bool call;
  } cases[] = {
      {"call rel32", ByteWriter().u8({0x90, 0xe8, 1, 2, 3, 4}), true},
      {"call *%rax", ByteWriter().u8({0x90, 0xff, 0xd0}), true},
      {"call *%r12", ByteWriter().u8({0x41, 0xff, 0xd4}), true},
      {"call *(%rax)", ByteWriter().u8({0x90, 0x90, 0xff, 0x10}), true},
      {"call *8(%rbx)", ByteWriter().u8({0xff, 0x53, 8}), true},
      {"call *disp(%rip)", ByteWriter().u8({0xff, 0x15, 1, 2, 3, 4}), true},
      {"call *8(%rsp)", ByteWriter().u8({0xff, 0x54, 0x24, 8}), true},
      {"call *(,%rax,8)", ByteWriter().u8({0xff, 0x14, 0xc5, 0, 0, 0, 0}), true},
      {"jmp *%rax", ByteWriter().u8({0x90, 0xff, 0xe0}), false},
      {"nops", ByteWriter().u8({0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}), false},
      {"nothing", ByteWriter(), false},
  };
  for (const auto& c : cases) EXPECT_EQ(ends_in_call(c.code.bytes()), c.call) << c.text;
}

TEST(FramePointer, PrologueStates) {
  const struct {
    const char* name;
    ByteWriter before;
    ByteWriter code;
    PrologueState state;
  } cases[] = {
      {"entry", {}, ByteWriter().u8({0x55, 0x48, 0x89, 0xe5}), PrologueState::at_stack_pointer},
      {"pushed", ByteWriter().u8({0x55}), ByteWriter().u8({0x48, 0x89, 0xe5}),
       PrologueState::frame_pointer_pushed},
      {"return", ByteWriter().u8({0x5d}), ByteWriter().u8({0xc3}), PrologueState::at_stack_pointer},
      {"the PLT's common part", ByteWriter().u8({0xff, 0x35, 1, 2, 3, 4}),
       ByteWriter().u8({0xff, 0x25, 1, 2, 3, 4}), PrologueState::two_words_above},
      {"a jump alone", {}, ByteWriter().u8({0xff, 0x25, 1, 2, 3, 4}), PrologueState::unknown},
      {"body", {}, ByteWriter().u8({0x48, 0x8b, 0x45, 0xf8}), PrologueState::unknown},
      {"nothing", {}, {}, PrologueState::unknown},
  };
  for (const auto& c : cases)
    EXPECT_EQ(find_prologue_state(c.before.bytes(), c.code.bytes()), c.state) << c.name;
}

TEST(SignalTrampoline, RestoresEveryRegister) {
  EXPECT_TRUE(is_signal_trampoline(ByteWriter().u8({0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 5}).bytes()));
  EXPECT_FALSE(is_signal_trampoline(ByteWriter().u8({0x48, 0xc7, 0xc0, 14, 0, 0, 0, 0x0f, 5}).bytes()));
  std::map<uint64_t, uint64_t> words;
  for (uint64_t i = 0; i < 17; ++i) words[0x1000 + 40 + 8 * i] = 100 + i;
  WordMemory memory(words);
  FrameRegisters frame = frame_at(0x1000, 0);
  ASSERT_EQ(step_signal_trampoline(memory, frame), StepResult::ok);
  EXPECT_EQ(frame.get(x86_64::kR8), 100u);
  EXPECT_EQ(frame.fp(), 110u);
  EXPECT_EQ(frame.sp(), 115u);
  EXPECT_EQ(frame.pc(), 116u);
}

}  // namespace
}  // namespace strobe::unwind
