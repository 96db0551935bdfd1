// More than 10,000 recorded samples of many programs, unwound by us and by libunwind from the same bytes.
// Every disagreement is judged by evidence from the code (stack_judge.h); none may stay unexplained.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>

#include "recorded_run.h"
#include "stack_judge.h"
#include "support/own_process.h"
#include "unwind/oracle/libunwind_oracle.h"

namespace strobe::test {
namespace {

constexpr uint64_t kPeriodNs = 499'979;  // 2 kHz, prime
constexpr uint64_t kSamplesWanted = 10'000;
constexpr size_t kShownDisagreements = 5;
constexpr size_t kMaxFrames = 4096;

struct SavedSample {
  RawSample sample;
  std::vector<std::byte> stack;
  size_t space = 0;
};

/// The samples of one program with the address spaces they were taken in.
struct SavedRun {
  std::vector<SavedSample> samples;
  std::vector<AddressSpace> spaces;

  void add(const SeenSample& seen) {
    if (!seen.sample.has_registers) return;
    if (spaces.empty() || spaces.back().generation() != seen.space.generation()) spaces.push_back(seen.space);
    samples.push_back({seen.sample, {seen.sample.stack.begin(), seen.sample.stack.end()}, spaces.size() - 1});
    samples.back().sample.kernel_frames = {};
  }
};

struct Tally {
  uint64_t samples = 0;
  uint64_t frames = 0;
  uint64_t proven_frames = 0;  ///< of ours, return addresses behind a call
  uint64_t proven_targets = 0;
  std::array<uint64_t, kVerdictCount> verdicts{};
  std::map<std::string, uint64_t> classes;
  std::string unexplained;
};

void replay(SavedRun& run, unwind::CfiSource& modules, Tally& tally) {
  unwind::Unwinder unwinder(modules);
  unwind::UnwoundStack ours;
  for (SavedSample& saved : run.samples) {
    const AddressSpace& space = run.spaces[saved.space];
    saved.sample.stack = saved.stack;
    unwinder.unwind({.sample = saved.sample, .space = space}, ours);
    BytesReader bytes(saved.sample.registers.value[x86_64::kRsp], saved.stack);
    const auto theirs = unwind::unwind_with_libunwind({.registers = saved.sample.registers,
                                                       .space = space,
                                                       .modules = modules,
                                                       .memory = bytes,
                                                       .max_frames = kMaxFrames});
    const StackJudge judge(modules, space);
    const Verdict verdict = judge.judge(ours, theirs);
    const auto frames = addresses_of(ours);
    const Evidence evidence = judge.examine(frames);
    ++tally.samples;
    tally.frames += frames.size();
    tally.proven_frames += evidence.calls;
    tally.proven_targets += evidence.direct_calls;
    ++tally.verdicts[static_cast<size_t>(verdict)];
    ++tally.classes[std::string(name_of(ours.stack_class)) + " " + std::string(name_of(ours.reason))];
    if (verdict != Verdict::unexplained ||
        tally.verdicts[static_cast<size_t>(verdict)] > kShownDisagreements) {
      continue;
    }
    const auto differ = std::mismatch(frames.begin(), frames.end(), theirs.begin(), theirs.end());
    const auto common = static_cast<size_t>(differ.first - frames.begin());
    tally.unexplained += "\n  after " + std::to_string(common) + " frames (" +
                         judge.describe(frames, common == 0 ? 0 : common - 1) + " ), ours " +
                         std::string(name_of(ours.stack_class)) + " " + std::string(name_of(ours.reason)) +
                         ", libunwind" + judge.describe(theirs, common == 0 ? 0 : common - 1);
  }
}

void print(const std::string& name, const Tally& tally) {
  std::printf("%s: %lu samples, %lu frames, %lu behind calls, %lu of called functions\n", name.c_str(),
              tally.samples, tally.frames, tally.proven_frames, tally.proven_targets);
  for (size_t i = 0; i < tally.verdicts.size(); ++i) {
    if (tally.verdicts[i] != 0)
      std::printf("  %-34s %lu\n", name_of(static_cast<Verdict>(i)), tally.verdicts[i]);
  }
  for (const auto& [stack_class, count] : tally.classes) {
    std::printf("  class %-28s %lu\n", stack_class.c_str(), count);
  }
  std::printf("%s", tally.unexplained.empty() ? "" : (tally.unexplained + "\n").c_str());
  std::fflush(stdout);
}

std::vector<std::string> programs() {
  std::vector<std::string> commands;
  for (const char* workload :
       {"recursion 0.6", "recursion 0.1 5000", "mutual_recursion 0.6", "exceptions_virtual 0.6",
        "inlined 0.4", "no_frame_pointers 0.8", "signal_handler 0.6", "signal_handler 0.4 altstack",
        "late_dlopen 0.6", "static_binary 0.6", "static_pie 0.6", "non_pie 0.4", "stripped 0.3",
        "two_threads 0.3", "one_byte_reads 0.4"}) {
    commands.push_back(workload_command(workload));
  }
  for (std::string& command : installed_program_commands()) commands.push_back(std::move(command));
  return commands;
}

TEST(RecordedSamples, AgreeWithLibunwindOrAreProven) {
  const sampling::EngineOptions options{
      .period_ns = kPeriodNs,
      .stack_bytes = kLargestCopy,
      .per_cpu = sampling::EngineOptions::PerCpu::never,
  };
  Tally all;
  for (int round = 0; all.samples < kSamplesWanted; ++round) {
    ASSERT_LT(round, 5) << "only " << all.samples << " samples";
    for (const std::string& command : programs()) {
      SavedRun saved;
      RecordedRun run([&](const SeenSample& seen) { saved.add(seen); });
      const auto quality = run.run(command, options, UINT64_MAX);
      STROBE_SKIP_WITHOUT_PERF(quality);
      Tally tally;
      replay(saved, run.modules(), tally);
      print(command, tally);
      EXPECT_EQ(tally.verdicts[static_cast<size_t>(Verdict::unexplained)], 0u)
          << command << tally.unexplained;
      EXPECT_GT(tally.samples, 0u) << command;
      all.samples += tally.samples;
      all.frames += tally.frames;
      all.proven_frames += tally.proven_frames;
      all.proven_targets += tally.proven_targets;
      for (size_t i = 0; i < tally.verdicts.size(); ++i) all.verdicts[i] += tally.verdicts[i];
      for (const auto& [stack_class, count] : tally.classes) all.classes[stack_class] += count;
    }
  }
  print("all", all);
  RecordProperty("samples", static_cast<int>(all.samples));
  RecordProperty("unexplained", static_cast<int>(all.verdicts[static_cast<size_t>(Verdict::unexplained)]));
}

}  // namespace
}  // namespace strobe::test
