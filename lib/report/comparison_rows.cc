#include "report/comparison_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/figures.h"

namespace strobe::report {
namespace {

using analyze::Metric;
using analyze::MetricComparison;
using analyze::RunComparison;
using analyze::VariantSummary;

class RowMaker {
 public:
  explicit RowMaker(const RunComparison& comparison) : comparison_(&comparison) {}

  template <class Function>
  void add(std::string title, Function cell_of) {
    ComparisonRow row{.title = std::move(title), .cells = {}};
    bool known = false;
    for (size_t i = 0; i < comparison_->variants.size(); ++i) {
      row.cells.push_back(cell_of(i));
      known |= !row.cells.back().empty();
    }
    if (known) rows_.push_back(std::move(row));
  }

  void add_metric(Metric metric, bool with_interval = false, bool with_zeros = true) {
    const auto is_zero = [&](const VariantSummary& variant) { return variant.value(metric) == 0; };
    if (!with_zeros && std::ranges::all_of(comparison_->variants, is_zero)) return;
    add(std::string(title_of(metric)), [&](size_t i) { return value_text(i, metric, with_interval); });
  }

  /// How it is against the first variant: "0.53 × (0.52–0.54) *".
  void add_ratio(Metric metric) {
    add("  against the first", [&](size_t i) -> std::string {
      const MetricComparison* compared = comparison_->find(i, metric);
      if (compared == nullptr || !compared->ratio) return {};
      std::string text = analyze::format_factor(compared->ratio->value) + " ×";
      if (const auto& interval = compared->ratio->interval) {
        text += fmt::format(" ({}–{})", analyze::format_factor(interval->low),
                            analyze::format_factor(interval->high));
      }
      if (compared->basis != analyze::Basis::runs) return text + ", not judged";
      return text + (compared->significant ? " *" : "");
    });
  }

  void add_states() {
    const auto has_states = [](const VariantSummary& variant) { return variant.has_states; };
    if (!std::ranges::any_of(comparison_->variants, has_states)) return;
    rows_.push_back({.title = "seconds of threads by state", .cells = {}, .heading = true});
    for (int state = 0; state < kThreadStateCount; ++state) {
      const auto is_in = [&](const VariantSummary& v) { return v.states[static_cast<size_t>(state)] > 0; };
      if (std::ranges::any_of(comparison_->variants, is_in)) add_state(static_cast<ThreadState>(state));
    }
  }

  [[nodiscard]] std::vector<ComparisonRow> take() { return std::move(rows_); }

 private:
  [[nodiscard]] std::string value_text(size_t i, Metric metric, bool with_interval) const {
    const auto& quantity = comparison_->variants[i].metrics[static_cast<size_t>(metric)];
    if (!quantity) return {};
    const analyze::MetricUnit unit = unit_of(metric);
    std::string text = format_value(quantity->median, unit);
    if (with_interval && quantity->interval) {
      text += fmt::format(" ({}–{})", format_value(quantity->interval->low, unit),
                          format_value(quantity->interval->high, unit));
    }
    return text;
  }

  void add_state(ThreadState state) {
    add(fmt::format("  {}", name_of(state)), [&](size_t i) -> std::string {
      const VariantSummary& variant = comparison_->variants[i];
      if (!variant.has_states) return {};
      const double seconds = variant.states[static_cast<size_t>(state)];
      const double share = variant.thread_seconds > 0 ? seconds / variant.thread_seconds : 0;
      return fmt::format("{} ({})", analyze::format_seconds(seconds), analyze::format_percent(share));
    });
  }

  const RunComparison* comparison_;
  std::vector<ComparisonRow> rows_;
};

std::string statuses_of(const VariantSummary& variant) {
  return variant.exit_statuses.empty() ? "unknown"
                                       : fmt::format("{}", fmt::join(variant.exit_statuses, ", "));
}

std::string runs_of(const VariantSummary& variant) {
  std::string text = std::to_string(variant.finished);
  if (variant.crashed > 0) text += fmt::format(" + {} crashed", variant.crashed);
  if (variant.timed_out > 0) text += fmt::format(" + {} timed out", variant.timed_out);
  return text;
}

}  // namespace

std::vector<ComparisonRow> make_comparison_rows(const RunComparison& comparison) {
  const std::vector<VariantSummary>& variants = comparison.variants;
  RowMaker rows(comparison);
  rows.add("runs", [&](size_t i) { return runs_of(variants[i]); });
  rows.add("exit status", [&](size_t i) { return statuses_of(variants[i]); });
  rows.add_metric(Metric::wall, true);
  rows.add_ratio(Metric::wall);
  rows.add_metric(Metric::cpu, true);
  rows.add_ratio(Metric::cpu);
  rows.add_metric(Metric::user);
  rows.add_metric(Metric::system);
  rows.add_metric(Metric::parallelism);
  rows.add("speed-up", [&](size_t i) { return analyze::format_factor(variants[i].speedup); });
  rows.add("efficiency", [&](size_t i) { return analyze::format_factor(variants[i].efficiency); });
  rows.add_metric(Metric::startup);
  rows.add_metric(Metric::copying);
  rows.add_metric(Metric::exchange, false, false);
  rows.add_metric(Metric::pss_peak);
  rows.add_ratio(Metric::pss_peak);
  rows.add_metric(Metric::pss_mean);
  rows.add_metric(Metric::rss_peak);
  rows.add_metric(Metric::minor_faults);
  rows.add_metric(Metric::major_faults, false, false);
  rows.add_metric(Metric::voluntary_switches);
  rows.add_metric(Metric::forced_switches);
  rows.add_metric(Metric::processes);
  rows.add_metric(Metric::threads);
  rows.add_metric(Metric::working_threads);
  rows.add_metric(Metric::working_processes);
  rows.add_states();
  return rows.take();
}

std::vector<ScalingRow> make_scaling_rows(const analyze::Scaling& scaling) {
  std::vector<ScalingRow> rows;
  for (const analyze::ScalePoint& point : scaling.points) {
    rows.push_back({.workers = fmt::format("{:g}", point.workers),
                    .wall = analyze::format_seconds(point.wall_seconds),
                    .fitted = analyze::format_seconds(point.fitted_seconds),
                    .speedup = analyze::format_factor(point.speedup),
                    .efficiency = analyze::format_factor(point.efficiency),
                    .parallelism = analyze::format_factor(point.parallelism)});
  }
  return rows;
}

std::string describe_basis(const analyze::FunctionComparison& functions) {
  switch (functions.basis) {
    case analyze::Basis::runs:
      return fmt::format(
          "judged by how runs differ ({} of 1 % and more); at most 5 % of those listed are expected to be "
          "wrong",
          functions.compared);
    case analyze::Basis::sampling:
      return "judged by the error of sampling only: one run each cannot tell how much runs differ";
    case analyze::Basis::not_judged:
      return fmt::format("not judged: that takes {} runs of each", analyze::kMinJudgedRuns);
  }
  return {};
}

}  // namespace strobe::report
