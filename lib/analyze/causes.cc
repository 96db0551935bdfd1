#include "analyze/causes.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/figures.h"

namespace strobe::analyze {
namespace {

/// States that mean the same to somebody who asks what to do, with their words.
struct Cause {
  const char* rule;
  const char* does;  ///< "… of thread time "
  std::vector<ThreadState> states;
};

const std::vector<Cause>& all_causes() {
  static const std::vector<Cause> causes = {
      {"gil_bound", "waits for the GIL", {ThreadState::gil}},
      {"lock_bound", "waits for locks", {ThreadState::lock}},
      {"io_bound", "waits for I/O", {ThreadState::io, ThreadState::disk}},
      {"sleep_bound", "sleeps", {ThreadState::sleep}},
      {"cond_bound", "waits for other threads", {ThreadState::cond}},
      {"child_bound", "waits for other processes to end", {ThreadState::child}},
      {"cpu_bound", "computes", {ThreadState::on_cpu}},
  };
  return causes;
}

struct Weighed {
  const Cause* cause = nullptr;
  double share = 0;
};

std::vector<Weighed> weigh_causes(const VariantSummary& variant) {
  std::vector<Weighed> weighed;
  for (const Cause& cause : all_causes()) {
    double share = 0;
    for (const ThreadState state : cause.states) share += variant.working_share_of(state);
    weighed.push_back({&cause, share});
  }
  std::ranges::stable_sort(weighed, std::ranges::greater{}, &Weighed::share);
  return weighed;
}

/// " in `compute` (work.py:12)": where most of it happens, as far as stacks tell.
std::string place_of(const VariantSummary& variant, const Cause& cause) {
  double all = 0;
  const WaitPlace* largest = nullptr;
  for (const WaitPlace& wait : variant.waits) {
    if (std::ranges::count(cause.states, wait.state) == 0) continue;
    all += wait.seconds;
    if (largest == nullptr) largest = &wait;  // the first has most seconds
  }
  if (largest == nullptr || largest->seconds < all / 2) return {};
  const FunctionIdentity& function = largest->function;
  std::string text = fmt::format(" in `{}`", function.name);
  if (!function.file.empty()) {
    text += fmt::format(" ({}:{})", basename_of(function.file), function.line);
  } else if (!function.module.empty()) {
    text += fmt::format(" ({})", basename_of(function.module));
  }
  return text;
}

std::string count_of(double count, const char* one, const char* many) {
  return fmt::format("{:.0f} {}", count, count == 1 ? one : many);
}

std::string threads_of(const VariantSummary& variant) {
  std::string text = count_of(variant.value(Metric::working_threads), "thread", "threads");
  const double processes = variant.value(Metric::working_processes);
  if (processes > 1) text += fmt::format(" in {:.0f} processes", processes);
  return text + fmt::format(", parallelism {}", format_factor(variant.value(Metric::parallelism)));
}

VerdictSentence begin(const VariantSummary& variant, const char* rule) {
  VerdictSentence sentence{.rule = rule, .text = {}, .evidence = {}};
  sentence.text = fmt::format("{}: {}", variant.name, threads_of(variant));
  sentence.evidence.push_back({"working_threads", variant.name, variant.value(Metric::working_threads)});
  sentence.evidence.push_back({"parallelism", variant.name, variant.value(Metric::parallelism)});
  return sentence;
}

void add_share(const VariantSummary& variant, const Weighed& weighed, VerdictSentence& sentence) {
  sentence.text += fmt::format("{} of thread time {}{}", format_percent(weighed.share), weighed.cause->does,
                               place_of(variant, *weighed.cause));
  for (const ThreadState state : weighed.cause->states) {
    sentence.evidence.push_back({fmt::format("working_states.{}.share", name_of(state)), variant.name,
                                 variant.working_share_of(state)});
  }
}

VerdictSentence explain_states(const VariantSummary& variant) {
  std::vector<Weighed> waits = weigh_causes(variant);
  const auto is_work = [](const Weighed& weighed) {
    return weighed.cause->states.front() == ThreadState::on_cpu;
  };
  const auto work = std::ranges::find_if(waits, is_work);
  const Weighed computes = *work;
  waits.erase(work);
  const Weighed& first = waits[0];
  const Weighed& second = waits[1];
  if (std::max(first.share, computes.share) < kTellingShare) {
    VerdictSentence sentence = begin(variant, "no_single_cause");
    sentence.text += "; no state of its threads stands out: ";
    add_share(variant, first, sentence);
    sentence.text += ", ";
    add_share(variant, second, sentence);
    sentence.text += '.';
    return sentence;
  }
  // One who waits for the GIL waits for another to compute: of two such threads each computes half its time.
  const bool for_gil = first.cause->states.front() == ThreadState::gil && first.share >= kTellingShare;
  const bool is_waiting = for_gil || first.share >= kTogether * computes.share;
  const Weighed& told = is_waiting ? first : computes;
  const bool alone = !is_waiting || second.share < kTogether * first.share;
  VerdictSentence sentence = begin(variant, alone ? told.cause->rule : "no_single_cause");
  sentence.text += "; ";
  add_share(variant, told, sentence);
  if (!alone) {
    sentence.text += " and ";
    add_share(variant, second, sentence);
    sentence.text += ": the two are not told apart";
  }
  sentence.text += '.';
  return sentence;
}

VerdictSentence explain_runnable(const VariantSummary& variant) {
  const double share = variant.working_share_of(ThreadState::runnable);
  VerdictSentence sentence{.rule = "cpu_short", .text = {}, .evidence = {}};
  sentence.text = fmt::format(
      "{}: for {} of their lives its threads were ready to run and had no CPU: there are too few, or other "
      "programs have them.",
      variant.name, format_percent(share));
  sentence.evidence = {{"working_states.runnable.share", variant.name, share}};
  return sentence;
}

VerdictSentence explain_cpu_share(const VariantSummary& variant, Metric metric, const char* rule,
                                  const char* what) {
  const double share = variant.value(metric) / variant.value(Metric::cpu);
  VerdictSentence sentence{.rule = rule, .text = {}, .evidence = {}};
  sentence.text = fmt::format("{}: {} takes {} of its CPU time ({}).", variant.name, what,
                              format_percent(share), format_seconds(variant.value(metric)));
  sentence.evidence = {{fmt::format("{}.seconds", name_of(metric)), variant.name, variant.value(metric)},
                       {fmt::format("{}.share", name_of(metric)), variant.name, share}};
  return sentence;
}

}  // namespace

std::vector<VerdictSentence> explain_variant(const VariantSummary& variant) {
  std::vector<VerdictSentence> sentences;
  if (variant.finished == 0) return sentences;
  if (variant.has_states) {
    sentences.push_back(explain_states(variant));
    if (variant.working_share_of(ThreadState::runnable) >= kTellingShare) {
      sentences.push_back(explain_runnable(variant));
    }
  } else {
    VerdictSentence sentence = begin(variant, "states_unknown");
    sentence.text += "; what its threads waited for was not recorded.";
    sentences.push_back(std::move(sentence));
  }
  const double cpu = variant.value(Metric::cpu);
  if (!(cpu > 0)) return sentences;
  if (variant.value(Metric::startup) >= kTellingCpuShare * cpu) {
    sentences.push_back(explain_cpu_share(variant, Metric::startup, "startup_bound", "starting up"));
  }
  if (variant.value(Metric::copying) >= kTellingCpuShare * cpu) {
    sentences.push_back(explain_cpu_share(variant, Metric::copying, "copy_bound",
                                          "serialising and moving data between its processes"));
  }
  return sentences;
}

}  // namespace strobe::analyze
