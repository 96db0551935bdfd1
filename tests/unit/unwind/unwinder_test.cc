// The unwinder's judgement over made-up processes: code without CFI, garbage, ends, losses and blame.
#include "unwind/unwinder.h"

#include <gtest/gtest.h>

#include "unit/unwind/cfi_bytes.h"

namespace strobe::unwind {
namespace {

constexpr uint64_t kStack = 0x7fff0000;
constexpr ModuleId kJit{0};
constexpr ModuleId kOther{1};

class NoCfi final : public CfiSource {
 public:
  const ModuleCfi* find_cfi(ModuleId /*module*/) override { return nullptr; }
};

AddressSpace two_mappings() {
  AddressSpace space;
  space.insert({.start = RuntimeAddr{0x1000}, .end = RuntimeAddr{0x2000}, .module = kJit});
  space.insert({.start = RuntimeAddr{0x3000}, .end = RuntimeAddr{0x4000}, .module = kOther});
  return space;
}

struct Case {
  const char* name;
  uint64_t pc;
  uint64_t fp;
  std::vector<uint64_t> stack;  // words from the stack pointer up
  bool stack_full;
  StackClass stack_class;
  LossReason reason;
  ModuleId blame;
  size_t frames;
};

TEST(Unwinder, CodeWithoutCfi) {
  const Case cases[] = {
      {"chain to a zero frame pointer",
       0x1100,
       kStack + 16,
       {0, 0, kStack + 32, 0x3100, 0, 0x1200},
       false,
       StackClass::complete,
       LossReason::none,
       {},
       3},
      {"chain to a zero return address",
       0x1100,
       kStack,
       {kStack + 16, 0x1200, kStack + 32, 0},
       false,
       StackClass::complete,
       LossReason::none,
       {},
       2},
      {"return address in no mapping",
       0x1100,
       kStack,
       {kStack + 16, 0x9999, 0, 0},
       false,
       StackClass::incomplete,
       LossReason::no_unwind_info,
       kJit,
       1},
      {"chain goes down",
       0x1100,
       kStack + 16,
       {0, 0, kStack, 0x1200},
       false,
       StackClass::incomplete,
       LossReason::no_unwind_info,
       kJit,
       1},
      {"frame pointer is something else",
       0x3100,
       12345,
       {0, 0},
       false,
       StackClass::incomplete,
       LossReason::no_unwind_info,
       kOther,
       1},
      {"zero frame pointer at once proves nothing",
       0x3100,
       0,
       {0, 0},
       false,
       StackClass::incomplete,
       LossReason::no_unwind_info,
       kOther,
       1},
      {"beyond a full copy",
       0x1100,
       kStack + 64,
       {0, 0},
       true,
       StackClass::truncated,
       LossReason::stack_copy_short,
       {},
       1},
      {"beyond a copy that was the whole stack",
       0x1100,
       kStack + 64,
       {0, 0},
       false,
       StackClass::incomplete,
       LossReason::unreadable_memory,
       kJit,
       1},
      {"address in no mapping",
       0x9000,
       kStack,
       {0, 0},
       false,
       StackClass::incomplete,
       LossReason::no_mapping,
       {},
       1},
  };
  NoCfi cfi;
  Unwinder unwinder(cfi);
  const AddressSpace space = two_mappings();
  UnwoundStack out;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    RawSample sample{
        .has_registers = true, .stack = std::as_bytes(std::span(c.stack)), .stack_full = c.stack_full};
    sample.registers.value[x86_64::kRip] = c.pc;
    sample.registers.value[x86_64::kRsp] = kStack;
    sample.registers.value[x86_64::kRbp] = c.fp;
    for (int pass = 0; pass < 2; ++pass) {  // uncached and cached
      unwinder.unwind({.sample = sample, .space = space}, out);
      EXPECT_EQ(out.stack_class, c.stack_class) << name_of(out.stack_class);
      EXPECT_EQ(out.reason, c.reason) << name_of(out.reason);
      EXPECT_EQ(out.blame, c.blame);
      EXPECT_EQ(out.frames.size(), c.frames);
    }
  }
}

TEST(Unwinder, NoRegistersIsNoStack) {
  NoCfi cfi;
  Unwinder unwinder(cfi);
  UnwoundStack out;
  out.frames.resize(3);
  unwinder.unwind({.sample = RawSample{}, .space = two_mappings()}, out);
  EXPECT_TRUE(out.frames.empty());
  EXPECT_EQ(out.stack_class, StackClass::none);
  EXPECT_EQ(out.reason, LossReason::no_registers);
}

TEST(Unwinder, EndlessStackEndsAtTheLimit) {
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 20'000; ++i) {
    words.push_back(kStack + (i + 1) * 16);
    words.push_back(0x1200);
  }
  NoCfi cfi;
  Unwinder unwinder(cfi);
  UnwoundStack out;
  RawSample sample{.has_registers = true, .stack = std::as_bytes(std::span(words))};
  sample.registers.value[x86_64::kRip] = 0x1100;
  sample.registers.value[x86_64::kRsp] = sample.registers.value[x86_64::kRbp] = kStack;
  unwinder.unwind({.sample = sample, .space = two_mappings()}, out);
  EXPECT_EQ(out.stack_class, StackClass::incomplete);
  EXPECT_EQ(out.reason, LossReason::too_deep);
  EXPECT_EQ(out.frames.size(), 16'384u);
}

TEST(Unwinder, ANewMappingIsSeenAtOnce) {
  NoCfi cfi;
  Unwinder unwinder(cfi);
  AddressSpace space = two_mappings();
  UnwoundStack out;
  const std::vector<uint64_t> words{kStack + 16, 0x5100, 0, 0};
  RawSample sample{.has_registers = true, .stack = std::as_bytes(std::span(words))};
  sample.registers.value[x86_64::kRip] = 0x1100;
  sample.registers.value[x86_64::kRsp] = sample.registers.value[x86_64::kRbp] = kStack;
  unwinder.unwind({.sample = sample, .space = space}, out);
  EXPECT_EQ(out.frames.size(), 1u);
  space.insert({.start = RuntimeAddr{0x5000}, .end = RuntimeAddr{0x6000}, .module = kOther});
  unwinder.unwind({.sample = sample, .space = space}, out);
  EXPECT_EQ(out.stack_class, StackClass::complete);
  EXPECT_EQ(out.frames.size(), 2u);
}

}  // namespace
}  // namespace strobe::unwind
