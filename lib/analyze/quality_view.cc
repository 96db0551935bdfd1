#include "analyze/quality_view.h"

#include <fmt/format.h>

#include "analyze/frame_keys.h"
#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// " (mostly libfoo.so: no_unwind_info; thread 7 (worker) … has 97 % of them)", or nothing where nobody is to
/// blame.
std::string name_culprit(const QualityView& view) {
  std::string text;
  if (!view.stack_faults.empty()) {
    const StackFault& worst = view.stack_faults.front();
    text = "mostly ";
    if (!worst.module.empty()) text += basename_of(worst.module) + ": ";
    text += name_of(worst.reason);
  }
  const std::string thread = name_faulty_thread(view.thread_faults, view.quality.samples.stored);
  if (!thread.empty()) text += (text.empty() ? "" : "; ") + thread;
  return text.empty() ? text : " (" + text + ")";
}

void warn_about_losses(QualityView& view) {
  const Quality& quality = view.quality;
  view.too_incomplete = quality.samples.stored > 0 && 1 - view.complete_share > kWarnIncomplete;
  view.too_many_lost = view.lost_share > kWarnLost;
  if (view.too_incomplete) {
    view.warnings.push_back(
        fmt::format("{:.1f} % of the stacks are not complete{}: cumulative times are too low",
                    (1 - view.complete_share) * 100, name_culprit(view)));
  }
  if (view.too_many_lost) {
    // What the disk had no room or time for is not helped by smaller copies: stacks are not stored.
    const bool by_disk = quality.samples.lost_queue > view.lost / 2;
    view.warnings.push_back(fmt::format("{:.1f} % of the samples were lost: record {}", view.lost_share * 100,
                                        by_disk ? "to a faster disk, or one with more room (-o FILE)"
                                                : "at a lower rate (-r) or with smaller stack copies "
                                                  "(--stack-bytes)"));
  }
}

/// Samples that the CPU time stands for, without time that is not sampled by intent.
double expected_samples(const Profile& profile) {
  uint64_t user_ns = 0, system_ns = 0;
  for (const ProcessRow& process : profile.processes) {
    user_ns += process.user_ns;
    system_ns += process.system_ns;
  }
  const double expected = profile.quality.samples.expected;
  if (profile.quality.kernel_sampled || user_ns + system_ns == 0) return expected;
  return expected * static_cast<double>(user_ns) / static_cast<double>(user_ns + system_ns);
}

void warn_about_few_samples(const Profile& profile, QualityView& view) {
  const double expected = expected_samples(profile);
  const auto taken = static_cast<double>(profile.quality.samples.taken + view.quality.samples.lost_kernel);
  if (expected < kWarnFewLeast || taken >= kWarnFew * expected) return;
  view.warnings.push_back(fmt::format(
      "only {:.0f} % of the expected samples were taken: CPU seconds of threads are exact all the "
      "same, but functions of threads that run in short pieces may have too small a part in them",
      100 * taken / expected));
}

void warn_about_gaps(const Profile& profile, QualityView& view) {
  if (profile.state == RecordingState::open) {
    view.warnings.emplace_back("the recording was not finished; its last moments are missing");
  }
  // Every short helper program is such a process: worth a warning where they are a part of the whole.
  const double unsampled = view.unsampled_seconds * profile.quality.rate_hz;
  if (unsampled >= kWarnUnsampledLeast && unsampled > kWarnUnsampled * profile.quality.samples.expected) {
    view.warnings.push_back(fmt::format("{} process{} ({:.3f} CPU seconds) ran without being sampled",
                                        view.unsampled_processes, view.unsampled_processes == 1 ? "" : "es",
                                        view.unsampled_seconds));
  }
}

void warn_about_memory(QualityView& view) {
  const MemoryCounts& memory = view.quality.memory;
  if (!memory.not_judged.empty())
    view.warnings.push_back("memory cannot be judged: " + memory.not_judged);
  else if (memory.lost != 0)
    view.warnings.push_back(fmt::format("{} of {} allocations and frees were lost: live memory is uncertain",
                                        memory.lost, memory.events));
}

}  // namespace

QualityView judge_quality(const Profile& profile) {
  QualityView view;
  view.quality = profile.quality;
  const SampleCounts& samples = view.quality.samples;
  view.complete_share = complete_share(view.quality);
  view.lost = samples.lost_kernel + samples.lost_queue + samples.late;
  const uint64_t all = samples.stored + view.lost;
  if (all > 0) view.lost_share = static_cast<double>(view.lost) / static_cast<double>(all);
  const SymbolCounts& symbols = view.quality.symbols;
  if (symbols.frames > 0) {
    view.named_share = 1 - static_cast<double>(symbols.missing) / static_cast<double>(symbols.frames);
  }
  for (const UnsampledProcess& row : view.quality.unsampled) {
    view.unsampled_processes += row.count;
    view.unsampled_seconds += seconds_of(row.cpu_ns);
  }
  view.strobe_cpu_seconds = seconds_of(view.quality.overhead.strobe_cpu_ns);
  view.kernel_sampled = view.quality.kernel_sampled;
  view.wall = profile.info.wall;
  view.runnable_source = profile.info.runnable_source;
  view.stack_faults = find_stack_faults(view.quality);
  view.thread_faults = find_thread_faults(profile);
  view.nameless = find_nameless_modules(profile);
  view.advice = advise(view.quality, view.stack_faults, view.nameless);
  warn_about_losses(view);
  warn_about_few_samples(profile, view);
  warn_about_gaps(profile, view);
  warn_about_memory(view);
  view.warnings.insert(view.warnings.end(), view.quality.warnings.begin(), view.quality.warnings.end());
  return view;
}

}  // namespace strobe::analyze
