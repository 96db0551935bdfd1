#include "record/mixed_stack.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strobe::record {
namespace {

/// Native frames whose parts of the stack are 0x100 long, from 0x1000 on.
struct Stacks {
  std::vector<uint64_t> stack_pointers;
  std::vector<uint8_t> evaluators;
  std::vector<RawPythonFrame> python;
  bool reaches_start = true;

  void add_native(size_t count) {
    for (size_t i = 0; i < count; ++i) stack_pointers.push_back(0x1000 + stack_pointers.size() * 0x100);
  }
  void add_python(PythonWord anchor) { python.push_back({.code = 1, .anchor = anchor}); }

  /// "n0 p0 n1": which frame of which kind, innermost first.
  [[nodiscard]] std::string merged(uint32_t* left_out = nullptr, Trusted trusted = Trusted::native) const {
    MixedStack out;
    merge_frames({stack_pointers, stack_pointers.size(), reaches_start, evaluators}, python, trusted, out);
    std::string text;
    for (const MixedFrame& frame : out.frames) {
      text.append(text.empty() ? "" : " ").append(frame.python ? "p" : "n") += std::to_string(frame.index);
    }
    if (left_out != nullptr) *left_out = out.left_out;
    return text;
  }
};

TEST(MixedStack, PutsFramesInsideTheCallThatRunsThem) {
  Stacks stacks;
  stacks.add_native(5);
  stacks.add_python(0);       // called by the next one without a call of the evaluator
  stacks.add_python(0x1110);  // in native frame 1
  stacks.add_python(0x13f8);  // in native frame 3
  EXPECT_EQ(stacks.merged(), "n0 p0 p1 n1 n2 p2 n3 n4");
}

TEST(MixedStack, ACallWithoutFramesKeepsItsPlace) {
  Stacks stacks;
  stacks.add_native(4);
  stacks.add_python(0x1200);
  EXPECT_EQ(stacks.merged(), "n0 n1 p0 n2 n3");
}

TEST(MixedStack, CallsThatWereLeftAreCounted) {
  Stacks stacks;
  stacks.add_native(3);
  stacks.add_python(0xf00);  // below the stack pointer: has returned
  stacks.add_python(0x1100);
  uint32_t left_out = 0;
  EXPECT_EQ(stacks.merged(&left_out), "n0 p1 n1 n2");
  EXPECT_EQ(left_out, 1U);
}

TEST(MixedStack, PythonFramesReadLaterReplaceWhatTheyDoNotFit) {
  Stacks stacks;
  stacks.add_native(5);
  stacks.add_python(0xf00);   // was called since
  stacks.add_python(0x1180);  // in native frame 1, as before
  stacks.add_python(0x1320);
  uint32_t left_out = 0;
  EXPECT_EQ(stacks.merged(&left_out, Trusted::python), "p0 p1 n1 n2 p2 n3 n4");
  EXPECT_EQ(left_out, 1U) << "native frame 0";
}

TEST(MixedStack, FramesBeyondATruncatedStackAreItsOuterEnd) {
  Stacks stacks;
  stacks.reaches_start = false;
  stacks.add_native(2);
  stacks.add_python(0x1010);
  stacks.add_python(0x9000);
  EXPECT_EQ(stacks.merged(), "p0 n0 n1 p1");
  stacks.reaches_start = true;
  uint32_t left_out = 0;
  EXPECT_EQ(stacks.merged(&left_out), "p0 n0 n1");
  EXPECT_EQ(left_out, 1U);
}

TEST(MixedStack, WithoutAddressesEveryEvaluatorRunsOne) {
  Stacks stacks;
  stacks.add_native(5);
  stacks.evaluators = {0, 1, 1, 0, 0};
  stacks.add_python(1);
  stacks.add_python(1);
  stacks.add_python(1);
  uint32_t left_out = 0;
  EXPECT_EQ(stacks.merged(&left_out), "n0 p0 n1 p1 n2 n3 n4");
  EXPECT_EQ(left_out, 1U);
}

TEST(MixedStack, OneKindAloneStaysAsItIs) {
  Stacks native;
  native.add_native(2);
  EXPECT_EQ(native.merged(), "n0 n1");
  Stacks python;
  python.reaches_start = false;  // no native stack at all
  python.add_python(0);
  python.add_python(0x1000);
  EXPECT_EQ(python.merged(), "p0 p1");
}

}  // namespace
}  // namespace strobe::record
