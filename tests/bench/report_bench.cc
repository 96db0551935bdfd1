// From a profile of 100,000 samples to the table and to JSON.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "analyze/function_table.h"
#include "analyze/selection.h"
#include "report/json_report.h"
#include "report/text.h"
#include "support/profile_builder.h"

namespace strobe {
namespace {

constexpr size_t kSamples = 100'000;
constexpr size_t kFunctions = 2'000;
constexpr size_t kStacks = 5'000;
constexpr size_t kDepth = 40;

/// Eight threads, 5,000 stacks of 40 frames in 2,000 functions.
Profile make_profile() {
  test::ProfileBuilder builder;
  const ModuleId module = builder.module("/usr/bin/app");
  const ProcessId process = builder.process(1, "app");
  std::vector<ThreadId> threads;
  for (int32_t tid = 1; tid <= 8; ++tid) threads.push_back(builder.thread(process, tid, "worker", 12.5));
  std::vector<FrameId> frames;
  for (uint32_t i = 0; i < kFunctions; ++i) {
    const std::string name = "app::module_" + std::to_string(i % 50) + "::function_" + std::to_string(i);
    const FunctionId function =
        builder.function(name, "/src/app/file_" + std::to_string(i % 50) + ".cc", i + 1, module);
    frames.push_back(builder.frame(function, i + 2));
  }
  std::minstd_rand random(3);
  std::vector<FrameId> stack;
  for (size_t i = 0; i < kStacks; ++i) {
    stack.clear();
    for (size_t level = 0; level < kDepth; ++level) {
      const bool shared = level < kDepth / 2;  // outer frames have few forms
      stack.push_back(frames[shared ? level * 3 + random() % 3 : random() % kFunctions]);
    }
    builder.samples(threads[i % threads.size()], builder.stack(stack), kSamples / kStacks);
  }
  return builder.build();
}

void report_functions(benchmark::State& state) {
  const Profile profile = make_profile();
  const report::FunctionTextOptions options;
  for (auto _ : state) {
    const auto table = analyze::make_function_table(profile, analyze::select_all(profile));
    const std::string text = report::write_functions(table, options, {}) +
                             report::write_quality_line(analyze::judge_quality(profile), {});
    if (text.empty()) state.SkipWithError("no table");
  }
}
BENCHMARK(report_functions)->Unit(benchmark::kMillisecond);

void report_json(benchmark::State& state) {
  const Profile profile = make_profile();
  size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    report::write_json_report(profile, analyze::select_all(profile),
                              [&](std::string_view piece) { bytes += piece.size(); });
  }
  if (bytes == 0) state.SkipWithError("no JSON");
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(report_json)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace strobe
