// Completing truncated stacks from the live thread, held against the whole: every sample is taken with the
// largest copy the kernel gives, cut to the default size, completed as the recorder does it, and compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "recorded_run.h"
#include "stack_judge.h"
#include "unwind/call_check.h"

namespace strobe::test {
namespace {

struct Completion {
  uint64_t samples = 0;
  uint64_t complete = 0;   ///< within the default copy
  uint64_t completed = 0;  ///< the rest from the live thread
  uint64_t truncated = 0;
  uint64_t others = 0;
  uint64_t checked = 0;  ///< completed ones of which the large copy shows more than the small one
  uint64_t wrong = 0;    ///< of them, those that differ from it
  uint64_t doubted = 0;  ///< whole stacks of which the check of calls would have disproven a frame
  std::map<std::string, uint64_t> reasons;  ///< of what is neither
};

/// Looks at one sample both ways.
class Comparison {
 public:
  explicit Comparison(unwind::CfiSource& modules) : unwinder_(modules), modules_(&modules), calls_(modules) {}

  void look(const SeenSample& seen, Completion& out) {
    if (!seen.sample.has_registers) return;
    RawSample cut = seen.sample;
    const size_t size = std::min<size_t>(cut.stack.size(), sampling::EngineOptions{}.stack_bytes);
    cut.stack_full = cut.stack_full || size < cut.stack.size();
    cut.stack = cut.stack.first(size);
    unwinder_.unwind({.sample = cut, .space = seen.space, .live = seen.live}, small_);
    ++out.samples;
    switch (small_.stack_class) {
      case StackClass::complete:
        ++out.complete;
        out.doubted += calls_fit(seen) ? 0 : 1;
        return;
      case StackClass::truncated:
        ++out.truncated;
        return;
      case StackClass::completed:
        break;
      default:
        ++out.others;
        ++out.reasons[std::string(strobe::name_of(small_.reason))];
        return;
    }
    ++out.completed;
    unwinder_.unwind({.sample = seen.sample, .space = seen.space}, large_);
    ++out.checked;
    out.wrong += agree() ? 0 : 1;
    if (!agree()) {
      const StackJudge judge(*modules_, seen.space);
      const auto a = addresses_of(small_), b = addresses_of(large_);
      const size_t at =
          static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
      std::printf("  wrong after %zu frames of %zu: completed%s, true%s\n", at, b.size(),
                  judge.describe(a, at == 0 ? 0 : at - 1).c_str(),
                  judge.describe(b, at == 0 ? 0 : at - 1).c_str());
    }
  }

 private:
  [[nodiscard]] bool calls_fit(const SeenSample& seen) {
    for (size_t i = 1; seen.live != nullptr && i < small_.frames.size(); ++i) {
      if (small_.frames[i].kind == AddressKind::return_address &&
          !calls_.may_lead_to(seen.space, *seen.live, small_.frames[i].address,
                              lookup_addr(small_.frames[i - 1]))) {
        return false;
      }
    }
    return true;
  }
  /// The large copy shows the whole stack, or its beginning.
  [[nodiscard]] bool agree() const {
    if (large_.stack_class == StackClass::complete) return small_.frames == large_.frames;
    return large_.frames.size() <= small_.frames.size() &&
           std::equal(large_.frames.begin(), large_.frames.end(), small_.frames.begin());
  }

  unwind::Unwinder unwinder_;
  unwind::CfiSource* modules_;
  unwind::CallCheck calls_;
  unwind::UnwoundStack small_;
  unwind::UnwoundStack large_;
};

enum class Kind {
  usual,
  outrunning,  ///< stacks go beyond a copy and change within milliseconds: some are given up, and said to be
  misleading,  ///< made so that copies which are all alike belong to different stacks
};

struct Program {
  std::string command;
  Kind kind = Kind::usual;
};

std::vector<Program> programs() {
  std::vector<Program> out;
  for (const char* workload :
       {"two_functions 0.5", "recursion 0.6", "mutual_recursion 0.5", "exceptions_virtual 0.6", "inlined 0.4",
        "no_frame_pointers 0.6", "signal_handler 0.6", "late_dlopen 0.5", "static_binary 0.5",
        "static_pie 0.5", "non_pie 0.5", "stripped 0.4", "two_threads 0.4", "contended_mutex 0.4",
        "one_byte_reads 0.4", "threads_many 0.4"}) {
    out.push_back({workload_command(workload)});
  }
  for (const std::string& command : installed_program_commands()) out.push_back({command});
  out.push_back({"exec " STROBE_STEADY_STACK " 3 30000"});
  out.push_back({"exec " STROBE_STEADY_STACK " 3 300000"});
  for (const char* share : {"50", "90", "98"}) {
    out.push_back({std::string("exec " STROBE_TWO_WAYS " 3 ") + share, Kind::misleading});
  }
  for (const char* workload :
       {"recursion 1.5 300", "recursion 1.5 600", "recursion 1.5 5000", "signal_handler 0.6 altstack"}) {
    out.push_back({workload_command(workload), Kind::outrunning});
  }
  return out;
}

void print(const std::string& name, const Completion& c) {
  std::printf(
      "%6lu samples: complete %6lu, completed %5lu, truncated %5lu, other %3lu; wrong %lu of %lu  %s\n",
      c.samples, c.complete, c.completed, c.truncated, c.others, c.wrong, c.checked, name.c_str());
  for (const auto& [reason, count] : c.reasons) std::printf("      other: %s %lu\n", reason.c_str(), count);
  std::fflush(stdout);
}

void add(Completion& sum, const Completion& c) {
  sum.samples += c.samples;
  sum.complete += c.complete;
  sum.completed += c.completed;
  sum.truncated += c.truncated;
  sum.others += c.others;
  sum.checked += c.checked;
  sum.wrong += c.wrong;
  sum.doubted += c.doubted;
}

TEST(Completion, IsRightAndReachesTheThreadStart) {
  sampling::EngineOptions options;
  options.stack_bytes = kLargestCopy;
  options.per_cpu = sampling::EngineOptions::PerCpu::never;
  std::map<Kind, Completion> sums;
  for (const Program& program : programs()) {
    Completion seen;
    std::optional<Comparison> comparison;
    RecordedRun run([&](const SeenSample& sample) { comparison->look(sample, seen); });
    comparison.emplace(run.modules());
    const auto quality = run.run(program.command, options, UINT64_MAX);
    STROBE_SKIP_WITHOUT_PERF(quality);
    print(program.command, seen);
    EXPECT_GT(seen.samples, 0u) << program.command;
    add(sums[program.kind], seen);
  }
  const Completion &usual = sums[Kind::usual], &outrunning = sums[Kind::outrunning],
                   &misleading = sums[Kind::misleading];
  print("usual", usual);
  print("outrunning", outrunning);
  print("misleading", misleading);
  EXPECT_GT(usual.checked, 1000u);
  EXPECT_LE((usual.wrong + outrunning.wrong) * 1000, usual.checked + outrunning.checked);
  // How many depends on how soon the samples are looked at: 0.04 to 4 % were seen as root, 12 % as an
  // ordinary user, whose Strobe has to wait for its turn.
  EXPECT_LE(misleading.wrong * 5, misleading.samples);
  // A call that is just being bound leads to the dynamic loader, and soon elsewhere.
  EXPECT_LE(usual.doubted * 1000, usual.complete) << "stacks that are right and would be refused";
  EXPECT_GE((usual.complete + usual.completed) * 1000, usual.samples * 999);
  EXPECT_GE((outrunning.complete + outrunning.completed) * 10, outrunning.samples * 9);
}

}  // namespace
}  // namespace strobe::test
