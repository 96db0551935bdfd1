// Samples in, rows out: what the sink makes of samples that are not plain user code.
#include "record/sample_sink.h"

#include <gtest/gtest.h>

#include <array>

namespace strobe::record {
namespace {

constexpr pid_t kPid = 4000;  // what procfs says of it, if anything, does not matter

class SampleSinkTest : public testing::Test {
 protected:
  void add_sample(std::span<const uint64_t> kernel_frames) {
    RawSample sample{.time_ns = 2000, .pid = kPid, .tid = kPid, .has_registers = true};
    sample.registers.value[x86_64::kRip] = 0x7f0000001000;  // in no mapping
    sample.kernel_frames = kernel_frames;
    sink_.on_sample(sample);
  }
  /// The class of the one sample that came since the last call.
  StackClass stored_class() {
    const RecordingDelta delta = sink_.take_delta();
    EXPECT_EQ(delta.samples.size(), 1u);
    return delta.samples.empty() ? StackClass::none : delta.samples.front().stack_class;
  }

  SampleSink sink_{{.start_ns = 1000}};
  const std::array<uint64_t, 2> in_kernel_{0xffffffff81000010, 0xffffffff81000020};
};

TEST_F(SampleSinkTest, InsideOfExecThereIsNoUserStack) {
  sink_.on_fork({.time_ns = 1100, .pid = kPid, .tid = kPid, .parent_pid = 1, .parent_tid = 1});
  add_sample(in_kernel_);
  EXPECT_EQ(stored_class(), StackClass::incomplete) << "before the exec: unknown code";
  sink_.on_comm({.time_ns = 1500, .pid = kPid, .tid = kPid, .name = "next", .exec = true});
  add_sample(in_kernel_);
  EXPECT_EQ(stored_class(), StackClass::complete) << "registers of the program that is gone";
  add_sample({});
  EXPECT_EQ(stored_class(), StackClass::incomplete) << "user code in no mapping is unknown code";
}

}  // namespace
}  // namespace strobe::record
