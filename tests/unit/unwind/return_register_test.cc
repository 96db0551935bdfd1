// A function that keeps its return address in a register while it runs, as vfork does: its stack pointer is
// its caller's, which is no loop.
#include <gtest/gtest.h>

#include <array>

#include "support/own_process.h"
#include "unwind/unwinder.h"

// Never called: only their unwind information is used.
asm(R"(
  .pushsection .text
  .type keeps_return_address, @function
keeps_return_address:
  .cfi_startproc
  pop %rdi
  .cfi_adjust_cfa_offset -8
  .cfi_register %rip, %rdi
  .globl inside_keeps_return_address
inside_keeps_return_address:
  nop
  jmp *%rdi
  .cfi_endproc
  .size keeps_return_address, .-keeps_return_address
  .type outermost_function, @function
outermost_function:
  .cfi_startproc
  .cfi_undefined %rip
  call keeps_return_address
  .globl behind_the_call
behind_the_call:
  nop
  .cfi_endproc
  .size outermost_function, .-outermost_function
  .popsection
)");

extern "C" const char inside_keeps_return_address[];
extern "C" const char behind_the_call[];

namespace strobe::unwind {
namespace {

TEST(ReturnRegister, AnEqualStackPointerIsNoLoopInTheInterruptedFunction) {
  test::ProcessImage image;
  const std::array<uint64_t, 4> words{};
  RawSample sample{.has_registers = true, .stack = std::as_bytes(std::span(words))};
  sample.registers.value[x86_64::kRip] = reinterpret_cast<uint64_t>(inside_keeps_return_address);
  sample.registers.value[x86_64::kRdi] = reinterpret_cast<uint64_t>(behind_the_call);
  sample.registers.value[x86_64::kRsp] = reinterpret_cast<uint64_t>(words.data());
  UnwoundStack out;
  Unwinder(image).unwind({.sample = sample, .space = image.space()}, out);
  EXPECT_EQ(out.stack_class, StackClass::complete) << name_of(out.reason);
  ASSERT_EQ(out.frames.size(), 2u);
  EXPECT_EQ(raw(out.frames[1].address), reinterpret_cast<uint64_t>(behind_the_call));
}

}  // namespace
}  // namespace strobe::unwind
