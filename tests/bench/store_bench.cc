// The recording file: appending samples, and reading a recording of 100,000. Prints bytes per sample as a
// counter.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "store/recording_file.h"
#include "support/temporary_folder.h"

namespace {

using strobe::RecordingDelta;

constexpr uint32_t kThreads = 8;
constexpr uint32_t kStacks = 20'000;
constexpr uint32_t kDepthOfBranch = 40;

/// Everything but samples: 20,000 stack nodes in branches of 40 over 5,000 frames, 8 threads.
RecordingDelta make_places() {
  RecordingDelta delta;
  delta.strings = {"app", "/usr/bin/app"};
  delta.modules = {{.path = strobe::StringId{1}, .build_id = std::string(40, 'a')}};
  delta.processes = {{strobe::ProcessId{0}, {.pid = 1, .command = strobe::StringId{0}}}};
  for (uint32_t i = 0; i < kThreads; ++i) {
    delta.threads.push_back(
        {strobe::ThreadId{i}, {.process = strobe::ProcessId{0}, .tid = static_cast<int>(i)}});
  }
  for (uint32_t i = 0; i < 5'000; ++i) {
    delta.frames.push_back({.module = strobe::ModuleId{0}, .address = 0x1000 + i * 37});
  }
  for (uint32_t i = 0; i < kStacks; ++i) {
    const strobe::StackId parent = i % kDepthOfBranch == 0 ? strobe::StackId::none() : strobe::StackId{i - 1};
    delta.stacks.push_back({parent, strobe::FrameId{(i * 7919) % 5'000}});
  }
  return delta;
}

/// `count` samples, 1 ms apart on 8 threads, at stacks all over the tree.
RecordingDelta make_samples(uint64_t first, size_t count) {
  RecordingDelta delta;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t n = first + i;
    delta.samples.push_back({.time_ns = n * 125'003,
                             .thread = strobe::ThreadId{static_cast<uint32_t>(n % kThreads)},
                             .stack = strobe::StackId{static_cast<uint32_t>((n * 104'729) % kStacks)},
                             .stack_class = strobe::StackClass::complete});
  }
  return delta;
}

/// Writes a finished recording with `samples` samples; returns whether that worked.
bool write_recording(const std::string& path, size_t samples) {
  constexpr size_t kSamplesPerDelta = 1'000;
  auto writer = strobe::store::RecordingWriter::create(path, true);
  if (!writer || !writer->append(make_places())) return false;
  for (size_t done = 0; done < samples; done += kSamplesPerDelta) {
    if (!writer->append(make_samples(done, kSamplesPerDelta))) return false;
  }
  return writer->finish().has_value();
}

void BM_StoreAppendSamples(benchmark::State& state) {
  const strobe::test::TemporaryFolder folder;
  const auto rows = static_cast<size_t>(state.range(0));
  auto writer = strobe::store::RecordingWriter::create(folder.file("a.strobe"), false);
  if (!writer || !writer->append(make_places())) {
    state.SkipWithError("cannot write");
    return;
  }
  uint64_t done = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const RecordingDelta delta = make_samples(done, rows);
    state.ResumeTiming();
    if (!writer->append(delta)) state.SkipWithError("cannot append");
    done += rows;
  }
  state.SetItemsProcessed(static_cast<int64_t>(done));
}
BENCHMARK(BM_StoreAppendSamples)->Arg(200)->Arg(20'000)->Unit(benchmark::kMicrosecond);

void BM_StoreFinish(benchmark::State& state) {
  const strobe::test::TemporaryFolder folder;
  for (auto _ : state) {
    state.PauseTiming();
    auto writer = strobe::store::RecordingWriter::create(folder.file("a.strobe"), true);
    if (!writer || !writer->append(make_places()) || !writer->append(make_samples(0, 100'000))) {
      state.SkipWithError("cannot write");
      return;
    }
    state.ResumeTiming();
    if (!writer->finish()) state.SkipWithError("cannot finish");
  }
}
BENCHMARK(BM_StoreFinish)->Unit(benchmark::kMillisecond);

void BM_StoreRead(benchmark::State& state) {
  const strobe::test::TemporaryFolder folder;
  const auto samples = static_cast<size_t>(state.range(0));
  const std::string path = folder.file("a.strobe");
  const std::string empty_path = folder.file("empty.strobe");
  if (!write_recording(path, samples) || !write_recording(empty_path, 0)) {
    state.SkipWithError("cannot write");
    return;
  }
  for (auto _ : state) {
    auto profile = strobe::store::read_recording(path);
    if (!profile || profile->samples.size() != samples) state.SkipWithError("cannot read");
    benchmark::DoNotOptimize(profile);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * state.range(0)));
  const auto bytes = std::filesystem::file_size(path) - std::filesystem::file_size(empty_path);
  state.counters["bytes_per_sample"] = static_cast<double>(bytes) / static_cast<double>(samples);
}
BENCHMARK(BM_StoreRead)->Arg(100'000)->Unit(benchmark::kMillisecond);

void BM_StoreSymbols(benchmark::State& state) {
  const strobe::test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  if (!write_recording(path, 100'000)) {
    state.SkipWithError("cannot write");
    return;
  }
  strobe::SymbolDelta symbols;
  symbols.first_string = 2;
  symbols.first_frame = 5'000;
  for (uint32_t i = 0; i < 2'000; ++i) {
    symbols.strings.push_back("namespace_of::some_class::member_function_" + std::to_string(i));
    symbols.functions.push_back({.name = strobe::StringId{2 + i}, .module = strobe::ModuleId{0}});
  }
  for (uint32_t i = 0; i < 5'000; ++i) {
    symbols.changed_frames.push_back({strobe::FrameId{i},
                                      {.module = strobe::ModuleId{0},
                                       .address = 0x1000 + i * 37,
                                       .function = strobe::FunctionId{i % 2'000},
                                       .line = i}});
  }
  for (auto _ : state) {
    if (!strobe::store::store_symbols(path, symbols)) state.SkipWithError("cannot store symbols");
  }
}
BENCHMARK(BM_StoreSymbols)->Unit(benchmark::kMillisecond);

}  // namespace
