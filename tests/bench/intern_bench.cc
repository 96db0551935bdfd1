// Interning: a sample's frames and its stack, known ones and ones that are new from some depth on.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "record/tables.h"

namespace strobe::record {
namespace {

constexpr uint32_t kDepth = 40;
constexpr uint32_t kFrames = 300;

using Stacks = std::vector<std::vector<FrameId>>;

/// Stacks of 40 frames, where every level goes one of two ways, as mutual recursion does.
Stacks make_stacks(size_t count) {
  std::minstd_rand random(7);
  Stacks stacks(count);
  for (auto& stack : stacks) {
    for (uint32_t level = 0; level < kDepth; ++level) {
      const auto way = level < 2 ? 0 : static_cast<uint32_t>(random() / 64 % 2);
      stack.push_back(FrameId{level * 2 + way});
    }
  }
  return stacks;
}

StackId intern(StackTable& table, const std::vector<FrameId>& stack) {
  StackId node;
  for (const FrameId frame : stack) node = table.intern(node, frame);
  return node;
}

void intern_known_stack(benchmark::State& state) {
  const Stacks stacks = make_stacks(static_cast<size_t>(state.range(0)));
  StackTable table;
  for (const auto& stack : stacks) intern(table, stack);
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(intern(table, stacks[next]));
    next = next + 1 == stacks.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kDepth));
}
BENCHMARK(intern_known_stack)->Arg(100)->Arg(30'000);

void intern_new_stacks(benchmark::State& state) {
  const Stacks stacks = make_stacks(30'000);
  for (auto _ : state) {
    StackTable table;
    for (const auto& stack : stacks) benchmark::DoNotOptimize(intern(table, stack));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * stacks.size() * kDepth));
}
BENCHMARK(intern_new_stacks)->Unit(benchmark::kMillisecond);

void intern_frame(benchmark::State& state) {
  FrameTable table;
  uint64_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.intern(FrameKind::native, ModuleId{1}, 0x1000 + next * 37));
    next = next + 1 == kFrames ? 0 : next + 1;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(intern_frame);

}  // namespace
}  // namespace strobe::record
