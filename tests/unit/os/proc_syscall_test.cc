// Texts of /proc/PID/task/TID/syscall.
#include "os/proc_syscall.h"

#include <gtest/gtest.h>

namespace strobe::os {
namespace {

TEST(DecodeSyscall, ABlockedThread) {
  const auto thread =
      decode_syscall("232 0x5 0x7ffe10 0x1 0xffffffff 0x0 0x0 0x7ffeeb110788 0x7fb9450fd2ad\n");
  ASSERT_TRUE(thread);
  EXPECT_EQ(thread->call, 232u);
  EXPECT_EQ(thread->arguments[1], 0x7ffe10u);
  EXPECT_EQ(thread->arguments[3], 0xffffffffu);
  EXPECT_EQ(thread->stack_pointer, 0x7ffeeb110788u);
  EXPECT_EQ(thread->program_counter, 0x7fb9450fd2adu);
}

TEST(DecodeSyscall, OutsideOfACall) {
  const auto thread = decode_syscall("-1 0x7ffeeb110788 0x7fb9450fd2ad\n");
  ASSERT_TRUE(thread);
  EXPECT_FALSE(thread->call);
  EXPECT_EQ(thread->stack_pointer, 0x7ffeeb110788u);
}

TEST(DecodeSyscall, WhatIsNone) {
  for (const char* text :
       {"running\n", "", "\n", "0 0x1\n", "-1 0x1\n", "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n", "x y z",
        "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n", "-1 0x 0x1\n", "1 2 0xfffffffffffffffff\n"})
    EXPECT_FALSE(decode_syscall(text)) << text;
}

}  // namespace
}  // namespace strobe::os
