// What tracefs says of a tracepoint's record.
#include "os/tracepoint.h"

#include <gtest/gtest.h>

namespace strobe::os {
namespace {

constexpr const char* kFormat =
    "name: sched_waking\nID: 375\nformat:\n"
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
    "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
    "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
    "\tfield:unsigned long wide;\toffset:32;\tsize:8;\tsigned:0;\n\n"
    "print fmt: \"comm=%s pid=%d\", REC->comm, REC->pid\n";

TEST(Tracepoint, AFieldIsFoundByItsWholeName) {
  EXPECT_EQ(find_field_offset(kFormat, "pid"), 24U);
  EXPECT_EQ(find_field_offset(kFormat, "common_pid"), 4U);
}

TEST(Tracepoint, FieldsThatAreNotThereOrOfAnotherSizeAreNotFound) {
  EXPECT_FALSE(find_field_offset(kFormat, "wide"));
  EXPECT_FALSE(find_field_offset(kFormat, "d"));
  EXPECT_FALSE(find_field_offset(kFormat, "REC->pid"));
  EXPECT_FALSE(find_field_offset("", "pid"));
  EXPECT_FALSE(find_field_offset("\tfield:pid_t pid;\toffset:99999999999999999999999;\tsize:4;", "pid"));
  EXPECT_FALSE(find_field_offset("\tfield:pid_t pid;\tsize:4;", "pid"));
}

}  // namespace
}  // namespace strobe::os
