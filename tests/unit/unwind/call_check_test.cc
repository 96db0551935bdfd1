// Which frames a call can have led to: real code of this program, called directly, through the PLT, through a
// pointer and by tail calls.
#include "unwind/call_check.h"

#include <gtest/gtest.h>
#include <search.h>
#include <ucontext.h>
#include <unistd.h>

#include "support/own_process.h"

extern "C" void strobe_test_called();
extern "C" const char strobe_test_behind_call;

// A call of a function without any jump, whatever the compiler and its sanitizers make of the others. Never
// run.
asm(R"(
  .text
strobe_test_calling:
  .cfi_startproc
  call strobe_test_called
strobe_test_behind_call:
  ret
  .cfi_endproc
strobe_test_called:
  .cfi_startproc
  nop
  nop
  ret
  .cfi_endproc
)");

namespace strobe::unwind {
namespace {

using test::ProcessImage;
using test::ProcessMemory;

/// The addresses of this thread's frames as our unwinder sees them, innermost first.
[[gnu::noinline]] std::vector<UnwoundFrame> frames_here() {
  ucontext_t context;
  ::getcontext(&context);
  ProcessImage image;
  const test::OwnedSample owned = test::sample_here(context, image);
  UnwoundStack stack;
  Unwinder(image).unwind({.sample = owned.sample, .space = image.space()}, stack);
  EXPECT_EQ(stack.stack_class, StackClass::complete);
  return stack.frames;
}

std::vector<UnwoundFrame> seen;

int depth = 0;  // changed after the calls, so that they are no tail calls
[[gnu::noinline]] void keep_frames() { seen = frames_here(); }
[[gnu::noinline]] int look() {
  keep_frames();
  return ++depth;
}
[[gnu::noinline]] void calls_look() {
  look();
  ++depth;
}
[[gnu::noinline]] void calls_twice() {
  calls_look();
  look();
  ++depth;
}
[[gnu::noinline, gnu::optimize("optimize-sibling-calls")]] int goes_on_to_look() { return look(); }
[[gnu::noinline]] void calls_what_goes_on() {
  goes_on_to_look();
  ++depth;
}

struct Table {
  int (*look)();
};
const Table* volatile table = nullptr;
[[gnu::noinline, gnu::optimize("optimize-sibling-calls")]] int goes_on_through_a_table() {
  return table->look();  // jmp *(%rax)
}
[[gnu::noinline]] void calls_through_a_table() {
  goes_on_through_a_table();
  ++depth;
}

int compare(const void* a, const void* b) {
  if (seen.empty()) look();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

[[gnu::noinline]] void find_in_libc() {
  int values[] = {3, 1, 2};
  const int key = 7;
  size_t count = 3;
  depth += ::lfind(&key, values, &count, sizeof values[0], compare) == nullptr ? 1 : 0;
}

class CallCheckTest : public ::testing::Test {
 protected:
  bool may_lead(RuntimeAddr return_address, RuntimeAddr inner) {
    return check_.may_lead_to(image_.space(), memory_, return_address, inner);
  }
  void expect_whole_stack_fits(const char* name) {
    SCOPED_TRACE(name);
    ASSERT_GT(seen.size(), 3u);
    for (size_t i = 1; i < seen.size(); ++i) {
      EXPECT_TRUE(may_lead(seen[i].address, lookup_addr(seen[i - 1]))) << "frame " << i;
    }
  }

  ProcessImage image_;
  ProcessMemory memory_;
  CallCheck check_{image_};
};

TEST_F(CallCheckTest, RealStacksFit) {
  calls_look();
  expect_whole_stack_fits("direct calls");
  calls_twice();
  expect_whole_stack_fits("two calls");
  calls_what_goes_on();
  expect_whole_stack_fits("tail call");
  const Table here{look};
  table = &here;
  calls_through_a_table();
  expect_whole_stack_fits("tail call through a table");
  seen.clear();
  find_in_libc();
  expect_whole_stack_fits("through the PLT into libc, and back through a pointer");
}

TEST_F(CallCheckTest, ACallOfSomethingElseIsDisproven) {
  const RuntimeAddr inside{reinterpret_cast<uint64_t>(&strobe_test_called) + 1};
  const RuntimeAddr behind_call{reinterpret_cast<uint64_t>(&strobe_test_behind_call)};
  const RuntimeAddr other{reinterpret_cast<uint64_t>(&compare)};
  const RuntimeAddr libc{reinterpret_cast<uint64_t>(&::getpid)};
  EXPECT_TRUE(may_lead(behind_call, inside));
  EXPECT_FALSE(may_lead(behind_call, other));
  EXPECT_FALSE(may_lead(behind_call, other)) << "from the cache";
  EXPECT_FALSE(may_lead(behind_call, libc));
}

TEST_F(CallCheckTest, ACallThroughThePltOfSomethingElseIsDisproven) {
  seen.clear();
  find_in_libc();
  // The frame behind the call of lfind is the first of this program outside of libc's.
  const uint64_t own = raw(image_.space().find(RuntimeAddr{reinterpret_cast<uint64_t>(&compare)})->start);
  size_t behind_call = 0;
  bool was_in_libc = false;
  for (size_t i = 0; i < seen.size() && behind_call == 0; ++i) {
    const bool in_program = raw(image_.space().find(seen[i].address)->start) == own;
    if (was_in_libc && in_program) behind_call = i;
    was_in_libc = !in_program;
  }
  ASSERT_GT(behind_call, 0u);
  EXPECT_TRUE(may_lead(seen[behind_call].address, lookup_addr(seen[behind_call - 1])));
  const auto own_function = RuntimeAddr{reinterpret_cast<uint64_t>(&compare)};
  EXPECT_FALSE(may_lead(seen[behind_call].address, own_function));
}

TEST_F(CallCheckTest, WhatCannotBeReadProvesNothing) {
  calls_look();
  EXPECT_TRUE(may_lead(RuntimeAddr{8}, lookup_addr(seen.at(2))));
  EXPECT_TRUE(may_lead(seen.at(3).address, RuntimeAddr{8}));
}

}  // namespace
}  // namespace strobe::unwind
