// CFI that our reader refuses: libunwind takes the step over it.
#include <gtest/gtest.h>
#include <ucontext.h>

#include "support/own_process.h"
#include "unwind/unwinder.h"

extern "C" void strobe_test_deep_states(void (*body)(void*), void* argument);

// More remembered states than our reader keeps (8), and a frame that only its CFI describes.
asm(R"(
  .text
  .type strobe_test_deep_states, @function
strobe_test_deep_states:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  xor %ebp, %ebp
  sub $32, %rsp
  .cfi_def_cfa_offset 48
  .rept 12
  .cfi_remember_state
  nop
  .endr
  mov %rdi, %rax
  mov %rsi, %rdi
  call *%rax
  nop
  .rept 12
  .cfi_restore_state
  nop
  .endr
  add $32, %rsp
  .cfi_def_cfa_offset 16
  pop %rbp
  .cfi_def_cfa_offset 8
  ret
  .cfi_endproc
  .size strobe_test_deep_states, .-strobe_test_deep_states
)");

namespace strobe::unwind {
namespace {

struct Seen {
  test::ProcessImage image;
  UnwoundStack stack;
};

void look(void* argument) {
  auto& seen = *static_cast<Seen*>(argument);
  ucontext_t context;
  ::getcontext(&context);
  const test::OwnedSample owned = test::sample_here(context, seen.image);
  Unwinder(seen.image).unwind({.sample = owned.sample, .space = seen.image.space()}, seen.stack);
}

TEST(LibunwindFallback, StepsOverCfiThatOurReaderRefuses) {
  Seen seen;
  strobe_test_deep_states(look, &seen);
  const auto function = reinterpret_cast<uint64_t>(&strobe_test_deep_states);
  const auto& frames = seen.stack.frames;
  ASSERT_GT(frames.size(), 2u);
  ASSERT_GE(raw(frames[1].address), function);
  ASSERT_LT(raw(frames[1].address), function + 64);
  const Mapping* mapping = seen.image.space().find(frames[1].address);
  ASSERT_NE(mapping, nullptr);
  UnwindRow row;
  EXPECT_EQ(seen.image.find_cfi(mapping->module)->find_row(mapping->to_file(lookup_addr(frames[1])), row),
            ModuleCfi::Lookup::bad)
      << "or the test proves nothing";
  EXPECT_EQ(seen.stack.stack_class, StackClass::complete) << name_of(seen.stack.reason);
  EXPECT_GT(frames.size(), 8u);
}

}  // namespace
}  // namespace strobe::unwind
