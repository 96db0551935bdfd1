#include "analyze/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analyze/function_changes.h"
#include "analyze/scaling.h"
#include "analyze/verdict.h"

namespace strobe::analyze {
namespace {

/// What variants are compared by; the rest is told of each, not judged.
constexpr Metric kComparedMetrics[] = {Metric::wall,     Metric::cpu,      Metric::user,
                                       Metric::system,   Metric::pss_peak, Metric::pss_mean,
                                       Metric::rss_peak, Metric::startup,  Metric::copying};

std::vector<double> values_of(const std::vector<RunSummary>& runs, Metric metric) {
  std::vector<double> values;
  for (const RunSummary& run : runs) {
    if (run.end != RunEnd::finished) continue;
    const std::optional<double> value = value_of(run.facts, metric);
    if (!value) return {};  // a median of some runs would be taken for one of all
    values.push_back(*value);
  }
  return values;
}

void count_ends(VariantSummary& variant) {
  std::set<int32_t> statuses;
  for (const RunSummary& run : variant.runs) {
    variant.finished += run.end == RunEnd::finished ? 1 : 0;
    variant.crashed += run.end == RunEnd::crashed ? 1 : 0;
    variant.timed_out += run.end == RunEnd::timed_out ? 1 : 0;
    variant.left_running += run.left_running > 0 ? 1 : 0;
    if (run.end != RunEnd::timed_out && run.facts.exit_status) statuses.insert(*run.facts.exit_status);
  }
  variant.exit_statuses.assign(statuses.begin(), statuses.end());
}

void average_states(VariantSummary& variant) {
  if (variant.finished == 0) return;
  const double share = 1 / static_cast<double>(variant.finished);
  variant.has_states = true;
  std::map<std::pair<ThreadState, FunctionIdentity>, double> waits;
  for (const RunSummary& run : variant.runs) {
    if (run.end != RunEnd::finished) continue;
    variant.has_states &= run.facts.has_states;
    variant.thread_seconds += run.facts.thread_seconds * share;
    variant.working_seconds += run.facts.working_seconds * share;
    for (size_t i = 0; i < variant.states.size(); ++i) {
      variant.states[i] += run.facts.states[i] * share;
      variant.working_states[i] += run.facts.working_states[i] * share;
    }
    for (const WaitPlace& wait : run.waits) waits[{wait.state, wait.function}] += wait.seconds * share;
  }
  for (const auto& [key, seconds] : waits) variant.waits.push_back({key.first, key.second, seconds});
  std::ranges::stable_sort(variant.waits, std::ranges::greater{}, &WaitPlace::seconds);
}

VariantSummary summarize(const VariantRuns& runs) {
  VariantSummary variant{.name = runs.name, .command = runs.command, .runs = runs.runs};
  for (RunSummary& run : variant.runs) run.functions.clear();
  count_ends(variant);
  average_states(variant);
  for (int i = 0; i < kMetricCount; ++i) {
    const std::vector<double> values = values_of(variant.runs, static_cast<Metric>(i));
    if (!values.empty()) variant.metrics[static_cast<size_t>(i)] = measure_quantity(values);
  }
  return variant;
}

void measure_speedups(std::vector<VariantSummary>& variants) {
  const double wall = variants.front().value(Metric::wall);
  const double cpu = variants.front().value(Metric::cpu);
  for (VariantSummary& variant : variants) {
    if (variant.value(Metric::wall) > 0) variant.speedup = wall / variant.value(Metric::wall);
    if (variant.value(Metric::cpu) > 0) variant.efficiency = cpu / variant.value(Metric::cpu);
  }
}

std::optional<MetricComparison> compare_metric(const std::vector<VariantSummary>& variants, size_t b,
                                               Metric metric) {
  const std::vector<double> of_a = values_of(variants[0].runs, metric);
  const std::vector<double> of_b = values_of(variants[b].runs, metric);
  if (of_a.empty() || of_b.empty()) return std::nullopt;
  MetricComparison result = judge_values(of_a, of_b);
  result.b = b;
  result.metric = metric;
  return result;
}

/// What makes the variants' figures less comparable.
class Circumspection {
 public:
  explicit Circumspection(const std::vector<VariantRuns>& variants) : variants_(&variants) {}

  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const auto differs = [&](const char* what, auto member) {
      const auto values = collect([&](const RunSummary& run) { return fmt::format("{}", run.made.*member); });
      if (values.size() > 1) notes.push_back(fmt::format("{}: {}.", what, fmt::join(values, ", ")));
    };
    differs("Different machines", &RunCircumstances::hostname);
    differs("Different kernels", &RunCircumstances::kernel);
    differs("Different engines", &RunCircumstances::engine);
    differs("Different versions of Strobe", &RunCircumstances::strobe_version);
    if (collect([](const RunSummary& run) { return fmt::format("{}", run.made.period_ns); }).size() > 1) {
      const auto rates =
          collect([](const RunSummary& run) { return fmt::format("{:.0f} Hz", run.made.rate_hz); });
      notes.push_back(fmt::format("Different rates: {}.", fmt::join(rates, ", ")));
    }
    const auto mixed = [&](auto member) {
      return collect([&](const RunSummary& run) {
               return std::string(run.made.*member ? "1" : "0");
             }).size() > 1;
    };
    if (mixed(&RunCircumstances::kernel_sampled)) {
      notes.emplace_back("Only some have samples in the kernel: compare functions of programs only.");
    }
    if (mixed(&RunCircumstances::wall)) {
      notes.emplace_back("Waiting was recorded in some only: states are compared where all runs have them.");
    }
    add_warnings(notes);
    return notes;
  }

 private:
  template <class Function>
  [[nodiscard]] std::set<std::string> collect(Function text_of) const {
    std::set<std::string> values;
    for (const VariantRuns& variant : *variants_) {
      for (const RunSummary& run : variant.runs) values.insert(text_of(run));
    }
    return values;
  }

  /// Every warning of the runs' quality once for a variant, with how many runs have it. Warnings that differ
  /// by their figures only are told by the first of them.
  void add_warnings(std::vector<std::string>& notes) const {
    for (const VariantRuns& variant : *variants_) {
      std::map<std::string, std::pair<std::string, size_t>> warnings;
      for (const RunSummary& run : variant.runs) {
        for (const std::string& warning : run.warnings) {
          std::string key;
          std::ranges::copy_if(warning, std::back_inserter(key), [](char c) { return c < '0' || c > '9'; });
          ++warnings.try_emplace(key, warning, 0).first->second.second;
        }
      }
      for (const auto& [key, warning] : warnings) {
        notes.push_back(variant.runs.size() == 1
                            ? fmt::format("{}: {}", variant.name, warning.first)
                            : fmt::format("{}, {} of {} runs: {}", variant.name, warning.second,
                                          variant.runs.size(), warning.first));
      }
    }
  }

  const std::vector<VariantRuns>* variants_;
};

}  // namespace

std::string_view name_of(Basis basis) {
  switch (basis) {
    case Basis::runs:
      return "runs";
    case Basis::sampling:
      return "sampling";
    case Basis::not_judged:
      return "not_judged";
  }
  return "not_judged";
}

const MetricComparison* RunComparison::find(size_t b, Metric metric) const {
  for (const MetricComparison& comparison : comparisons) {
    if (comparison.b == b && comparison.metric == metric) return &comparison;
  }
  return nullptr;
}

MetricComparison judge_values(const std::vector<double>& a, const std::vector<double>& b) {
  MetricComparison result;
  result.ratio = estimate_ratio(a, b);
  result.difference = estimate_shift(a, b);
  if (std::min(a.size(), b.size()) < kMinJudgedRuns) return result;
  result.basis = Basis::runs;
  result.p_value = rank_test_p_value(a, b);
  const double larger = std::max(std::abs(median(a)), std::abs(median(b)));
  double effect = larger > 0 ? std::abs(result.difference.value) / larger : 0;
  if (result.ratio) effect = std::abs(result.ratio->value - 1);
  result.significant = result.p_value <= kRunSignificance && effect >= kMinEffect;
  return result;
}

RunComparison compare_runs(const std::vector<VariantRuns>& variants, const RunCompareOptions& options) {
  RunComparison result;
  for (const VariantRuns& variant : variants) result.variants.push_back(summarize(variant));
  if (result.variants.empty()) return result;
  measure_speedups(result.variants);
  for (size_t b = 1; b < result.variants.size(); ++b) {
    for (const Metric metric : kComparedMetrics) {
      if (auto compared = compare_metric(result.variants, b, metric)) {
        result.comparisons.push_back(*compared);
      }
    }
    if (result.variants[0].finished > 0 && result.variants[b].finished > 0) {
      result.functions.push_back(compare_functions_of_runs(variants, 0, b));
    }
  }
  result.scaling = fit_scaling(result, options.scale);
  result.notes = Circumspection(variants).notes();
  result.notes.insert(result.notes.begin(), options.notes.begin(), options.notes.end());
  result.verdict = judge_runs(result);
  return result;
}

bool is_precise(const std::vector<VariantRuns>& variants, double precision) {
  if (variants.size() < 2) return false;
  const std::vector<double> of_a = values_of(variants[0].runs, Metric::wall);
  if (of_a.empty()) return false;
  for (size_t b = 1; b < variants.size(); ++b) {
    const std::vector<double> of_b = values_of(variants[b].runs, Metric::wall);
    const std::optional<Shift> ratio = estimate_ratio(of_a, of_b);
    if (!ratio || !ratio->interval) return false;
    const double widest = std::max(ratio->interval->high - ratio->value, ratio->value - ratio->interval->low);
    if (widest > precision * ratio->value) return false;
  }
  return true;
}

}  // namespace strobe::analyze
