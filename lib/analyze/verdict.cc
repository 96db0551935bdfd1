#include "analyze/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyze/causes.h"
#include "analyze/figures.h"

namespace strobe::analyze {
namespace {

/// An interval of the ratio that is wider than this on either side could hide what matters.
constexpr double kWide = 0.05;
/// Of what makes wall times differ, a part this large is named alone.
constexpr double kMainPart = 2.0 / 3;
/// Costs are told from these on: a factor of memory, a part of the faster variant's wall time.
constexpr double kMemoryFactor = 1.2;
constexpr double kTimeCost = 0.02;

std::string interval_text(const std::optional<Interval>& interval) {
  if (!interval) return "too few runs for an interval";
  return fmt::format("95 %: {}–{}", format_factor(interval->low), format_factor(interval->high));
}

std::string statuses_text(const VariantSummary& variant) {
  return fmt::format("exit status {}", fmt::join(variant.exit_statuses, ", "));
}

/// How variants ended, where that casts doubt on their figures.
void tell_failures(const RunComparison& comparison, std::vector<VerdictSentence>& sentences) {
  for (const VariantSummary& variant : comparison.variants) {
    const auto add = [&](const char* rule, std::string text, size_t count) {
      sentences.push_back({rule, std::move(text), {{"runs", variant.name, static_cast<double>(count)}}});
    };
    const size_t runs = variant.runs.size();
    if (variant.timed_out > 0) {
      add("timed_out",
          fmt::format("{}: {} of {} runs took too long and were ended; they are left out.", variant.name,
                      variant.timed_out, runs),
          variant.timed_out);
    }
    if (variant.crashed > 0) {
      add("crashed",
          fmt::format("{}: {} of {} runs crashed or could not be started ({}); they are left out.",
                      variant.name, variant.crashed, runs, statuses_text(variant)),
          variant.crashed);
    }
    const bool failed =
        std::ranges::any_of(variant.exit_statuses, [](int32_t status) { return status != 0; });
    if (variant.crashed == 0 && failed) {
      add("failed",
          fmt::format("{}: runs ended with {}: their figures may be those of a failure.", variant.name,
                      statuses_text(variant)),
          variant.finished);
    }
    if (variant.left_running > 0) {
      add("left_running",
          fmt::format(
              "{}: {} of {} runs left processes behind, which were ended: what they would have done is "
              "in no figure.",
              variant.name, variant.left_running, runs),
          variant.left_running);
    }
  }
  const VariantSummary& first = comparison.variants.front();
  for (const VariantSummary& variant : comparison.variants) {
    if (variant.exit_statuses == first.exit_statuses || variant.crashed + first.crashed > 0) continue;
    if (variant.exit_statuses.empty() || first.exit_statuses.empty()) continue;
    sentences.push_back(
        {"exits_differently",
         fmt::format("{} and {} end differently ({} against {}): they may not do the same work.", first.name,
                     variant.name, statuses_text(first), statuses_text(variant)),
         {}});
  }
}

/// The headline: which of the first variant and `b` takes less time.
VerdictSentence tell_difference(const RunComparison& comparison, const MetricComparison& wall) {
  const VariantSummary& a = comparison.variants[wall.a];
  const VariantSummary& b = comparison.variants[wall.b];
  VerdictSentence sentence;
  const Shift ratio = wall.ratio.value_or(Shift{});
  sentence.evidence.push_back({"wall.ratio", b.name, ratio.value});
  if (ratio.interval) {
    sentence.evidence.push_back({"wall.ratio.low", b.name, ratio.interval->low});
    sentence.evidence.push_back({"wall.ratio.high", b.name, ratio.interval->high});
  }
  sentence.evidence.push_back({"wall.p_value", b.name, wall.p_value});
  if (wall.basis != Basis::runs || !wall.ratio) {
    sentence.rule = "not_judged";
    sentence.text = fmt::format(
        "{} and {} are not judged: {} and {} runs finished, {} each are needed to tell a difference "
        "from chance (medians {} and {}).",
        a.name, b.name, a.finished, b.finished, kMinJudgedRuns, format_seconds(a.value(Metric::wall)),
        format_seconds(b.value(Metric::wall)));
    return sentence;
  }
  if (!wall.significant) {
    sentence.rule = "no_difference";
    sentence.text = fmt::format(
        "No difference between {} and {}: the ratio of their wall times is {} ({}), within "
        "what runs differ by.",
        a.name, b.name, format_factor(ratio.value), interval_text(ratio.interval));
    const Interval interval = ratio.interval.value_or(Interval{0, 2});
    const double hidden = std::max(interval.high - 1, interval.low > 0 ? 1 / interval.low - 1 : 1);
    if (hidden > kWide) {
      sentence.text += fmt::format(" A difference of up to {} could be hidden: more runs would tell.",
                                   format_percent(hidden));
    }
    return sentence;
  }
  const bool b_is_faster = ratio.value < 1;
  Shift factor = ratio;
  if (b_is_faster) {
    factor.value = 1 / ratio.value;
    if (ratio.interval) factor.interval = Interval{1 / ratio.interval->high, 1 / ratio.interval->low};
  }
  sentence.rule = "faster";
  sentence.text =
      fmt::format("{} is {} × faster{} ({}).", (b_is_faster ? b : a).name, format_factor(factor.value),
                  comparison.variants.size() > 2 ? " than " + (b_is_faster ? a : b).name : "",
                  interval_text(factor.interval));
  return sentence;
}

/// Wall time = CPU time / parallelism, so that a ratio of wall times is made of the two others: which of them
/// it is, is arithmetic.
VerdictSentence tell_parts(const RunComparison& comparison, const MetricComparison& wall) {
  const VariantSummary* slow = &comparison.variants[wall.a];
  const VariantSummary* fast = &comparison.variants[wall.b];
  if (wall.ratio->value > 1) std::swap(slow, fast);
  const double cpu = slow->value(Metric::cpu) / fast->value(Metric::cpu);
  const double parallelism = fast->value(Metric::parallelism) / slow->value(Metric::parallelism);
  const double whole = std::log(cpu) + std::log(parallelism);
  VerdictSentence sentence;
  const std::string at_once = fmt::format("more runs at once (parallelism {} against {})",
                                          format_factor(fast->value(Metric::parallelism)),
                                          format_factor(slow->value(Metric::parallelism)));
  const std::string less_work =
      fmt::format("it takes less CPU time ({} against {})", format_seconds(fast->value(Metric::cpu)),
                  format_seconds(slow->value(Metric::cpu)));
  if (std::log(parallelism) >= kMainPart * whole) {
    sentence.rule = "more_at_once";
    sentence.text = fmt::format("{} is faster because {}", fast->name, at_once);
    const MetricComparison* compared = comparison.find(wall.b, Metric::cpu);
    if (cpu < 1 && compared != nullptr && compared->significant) {
      sentence.text +=
          fmt::format(", although it takes more CPU time ({} against {})",
                      format_seconds(fast->value(Metric::cpu)), format_seconds(slow->value(Metric::cpu)));
    }
  } else if (std::log(cpu) >= kMainPart * whole) {
    sentence.rule = "less_cpu_time";
    sentence.text = fmt::format("{} is faster because {}", fast->name, less_work);
  } else {
    sentence.rule = "both_parts";
    sentence.text =
        fmt::format("{} is faster because {} and {}: neither alone", fast->name, at_once, less_work);
  }
  sentence.text += '.';
  for (const VariantSummary* variant : {slow, fast}) {
    sentence.evidence.push_back({"cpu.median", variant->name, variant->value(Metric::cpu)});
    sentence.evidence.push_back({"parallelism.median", variant->name, variant->value(Metric::parallelism)});
  }
  return sentence;
}

/// What `b` costs more than the first in time, where that is beyond doubt and worth a word.
std::string time_cost(const RunComparison& comparison, const MetricComparison* compared, double sign,
                      const char* what) {
  if (compared == nullptr || !compared->significant) return {};
  const double more = sign * compared->difference.value;
  const double least = std::min(comparison.variants[compared->a].value(Metric::wall),
                                comparison.variants[compared->b].value(Metric::wall));
  if (!(more >= kTimeCost * least)) return {};
  return fmt::format("{} more CPU time for {}", format_seconds(more), what);
}

std::string memory_cost(const RunComparison& comparison, size_t b, double sign) {
  const MetricComparison* memory = comparison.find(b, Metric::pss_peak);
  const bool is_pss = memory != nullptr;
  if (!is_pss) memory = comparison.find(b, Metric::rss_peak);
  if (memory == nullptr || !memory->significant || !memory->ratio) return {};
  const double factor = sign > 0 ? memory->ratio->value : 1 / memory->ratio->value;
  if (factor < kMemoryFactor) return {};
  double more = comparison.variants[memory->b].value(memory->metric);
  double less = comparison.variants[memory->a].value(memory->metric);
  if (sign < 0) std::swap(more, less);
  return fmt::format("{} × the memory ({} {} against {})", format_factor(factor), is_pss ? "PSS" : "RSS",
                     format_bytes(more), format_bytes(less));
}

/// What each of the two costs more than the other.
void tell_costs(const RunComparison& comparison, size_t b, std::vector<VerdictSentence>& sentences) {
  for (const double sign : {1.0, -1.0}) {
    const VariantSummary& dear = comparison.variants[sign > 0 ? b : 0];
    std::vector<std::string> costs = {
        time_cost(comparison, comparison.find(b, Metric::startup), sign, "starting up"),
        time_cost(comparison, comparison.find(b, Metric::copying), sign, "serialising and moving data"),
        memory_cost(comparison, b, sign)};
    std::erase(costs, std::string());
    if (costs.empty()) continue;
    VerdictSentence sentence{.rule = "costs", .text = {}, .evidence = {}};
    sentence.text = fmt::format("{} costs {}.", dear.name, fmt::join(costs, " and "));
    for (const Metric metric : {Metric::startup, Metric::copying, Metric::pss_peak, Metric::rss_peak}) {
      if (dear.has(metric)) {
        sentence.evidence.push_back(
            {fmt::format("{}.median", name_of(metric)), dear.name, dear.value(metric)});
      }
    }
    sentences.push_back(std::move(sentence));
  }
}

void tell_scaling(const RunComparison& comparison, std::vector<VerdictSentence>& sentences) {
  if (!comparison.scaling) return;
  const Scaling& scaling = *comparison.scaling;
  VerdictSentence law{.rule = "serial_fraction", .text = {}, .evidence = {}};
  law.text = fmt::format("{} of the work is serial", format_percent(scaling.serial_fraction));
  law.evidence.push_back({"scaling.serial_fraction", "", scaling.serial_fraction});
  if (scaling.serial_interval) {
    law.text += fmt::format(" (95 %: {}–{})", format_percent(scaling.serial_interval->low),
                            format_percent(scaling.serial_interval->high));
  }
  law.text += fmt::format(" by Amdahl's law, which is off by up to {} of the measured times.",
                          format_percent(scaling.worst_residual));
  sentences.push_back(std::move(law));
  if (!scaling.stop) return;
  const ScaleStop& stop = *scaling.stop;
  VerdictSentence end{.rule = "stops_scaling", .text = {}, .evidence = {}};
  end.text =
      fmt::format("It stops scaling at {:g}: with {:g} it takes {} × the time, parallelism {} after {}",
                  scaling.points[stop.from].workers, scaling.points[stop.from + 1].workers,
                  format_factor(stop.ratio), format_factor(scaling.points[stop.from + 1].parallelism),
                  format_factor(scaling.points[stop.from].parallelism));
  end.evidence.push_back({"scaling.stop.ratio", "", stop.ratio});
  if (stop.has_states) {
    std::vector<std::string> grown;
    std::vector<size_t> order;
    for (size_t state = 0; state < stop.growth.size(); ++state) order.push_back(state);
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](size_t state) { return stop.growth[state]; });
    for (const size_t state : order) {
      if (grown.size() == 2 || stop.growth[state] < kMinEffect * scaling.points[stop.from].wall_seconds)
        break;
      const std::string_view name = name_of(static_cast<ThreadState>(state));
      grown.push_back(fmt::format("{} (+{})", name, format_seconds(stop.growth[state])));
      end.evidence.push_back({fmt::format("scaling.stop.growth.{}", name), "", stop.growth[state]});
    }
    if (!grown.empty())
      end.text += fmt::format("; its threads spend more time in {}", fmt::join(grown, ", "));
  }
  end.text += '.';
  sentences.push_back(std::move(end));
}

}  // namespace

std::vector<VerdictSentence> judge_runs(const RunComparison& comparison) {
  std::vector<VerdictSentence> sentences;
  if (comparison.variants.empty()) return sentences;
  tell_failures(comparison, sentences);
  for (size_t b = 1; b < comparison.variants.size(); ++b) {
    const MetricComparison* wall = comparison.find(b, Metric::wall);
    if (wall == nullptr) {
      const VariantSummary& a = comparison.variants.front();
      const VariantSummary& failed = a.finished == 0 ? a : comparison.variants[b];
      sentences.push_back({"not_judged",
                           fmt::format("{} and {} are not judged: no run of {} finished.", a.name,
                                       comparison.variants[b].name, failed.name),
                           {}});
      continue;
    }
    sentences.push_back(tell_difference(comparison, *wall));
    const bool has_parts =
        comparison.variants[0].value(Metric::cpu) > 0 && comparison.variants[b].value(Metric::cpu) > 0;
    if (wall->significant && has_parts) sentences.push_back(tell_parts(comparison, *wall));
  }
  for (const VariantSummary& variant : comparison.variants) {
    for (VerdictSentence& sentence : explain_variant(variant)) sentences.push_back(std::move(sentence));
  }
  for (size_t b = 1; b < comparison.variants.size(); ++b) tell_costs(comparison, b, sentences);
  tell_scaling(comparison, sentences);
  return sentences;
}

}  // namespace strobe::analyze
