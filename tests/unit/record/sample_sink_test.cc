// What the sink tells the recorder's loop about the stacks it has seen.
#include "record/sample_sink.h"

#include <gtest/gtest.h>

#include <vector>

namespace strobe::record {
namespace {

constexpr pid_t kNoProcess = 0x7fffff00;  // above every pid: nothing is read from it
constexpr uint64_t kCode = 0x10000;
constexpr uint64_t kStack = 0x7fff0000;

/// A sample in code without CFI whose frame is at `fp`; the copy is four words long and full.
struct Sample {
  explicit Sample(uint64_t fp) {
    sample.pid = sample.tid = kNoProcess;
    sample.time_ns = 1;
    sample.has_registers = true;
    sample.registers.value[x86_64::kRip] = kCode + 16;
    sample.registers.value[x86_64::kRsp] = kStack;
    sample.registers.value[x86_64::kRbp] = fp;
    sample.stack = std::as_bytes(std::span(words));
    sample.stack_full = true;
  }
  std::vector<uint64_t> words{0, kCode + 32, 0, 0};
  RawSample sample;
};

TEST(SampleSink, LiveStacksAreReadWhileCopiesAreShort) {
  SampleSink sink({});
  sink.on_map(
      {.time_ns = 1, .pid = kNoProcess, .tid = kNoProcess, .start = kCode, .size = 4096, .path = "//anon"});
  const Sample whole(kStack);
  const Sample cut(kStack + 4096);
  sink.on_sample(whole.sample);
  EXPECT_FALSE(sink.reads_live_stacks());
  sink.on_sample(cut.sample);
  EXPECT_TRUE(sink.reads_live_stacks());
  for (int i = 0; i < 500; ++i) sink.on_sample(whole.sample);
  EXPECT_TRUE(sink.reads_live_stacks());
  for (int i = 0; i < 500; ++i) sink.on_sample(whole.sample);
  EXPECT_FALSE(sink.reads_live_stacks()) << "no more of them for long";
}

}  // namespace
}  // namespace strobe::record
