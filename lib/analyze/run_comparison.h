// Programs run several times each, side by side: what each variant took and how its runs differ, what differs
// between the variants beyond that, and what it comes from. Methods in docs/comparing.md. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/comparison.h"
#include "analyze/rank_test.h"
#include "analyze/resampling.h"
#include "analyze/run_metrics.h"
#include "analyze/run_summary.h"

namespace strobe::analyze {

/// Whole runs differ where a result like theirs has at most this probability between equals. It is just so
/// much that four runs each can tell (2 / 70), and so little that of a hundred comparisons of a program with
/// itself hardly three find something.
inline constexpr double kRunSignificance = 0.03;
/// What differs by less of the total is left out, however sure it is.
inline constexpr double kMinEffect = 0.01;

/// The runs of one variant, in the order they were made.
struct VariantRuns {
  std::string name;
  std::string command;  ///< as a shell has it; empty for recordings
  std::vector<RunSummary> runs;
};

struct VariantSummary {
  std::string name;
  std::string command;
  std::vector<RunSummary> runs;  ///< without their functions
  size_t finished = 0;           ///< runs that the figures are of: neither crashed nor timed out
  size_t crashed = 0;
  size_t timed_out = 0;
  size_t left_running = 0;             ///< runs that left processes behind
  std::vector<int32_t> exit_statuses;  ///< all different ones of finished and crashed runs, ascending
  std::array<std::optional<Quantity>, kMetricCount> metrics;  ///< by Metric
  double speedup = 0;  ///< median wall time of the first variant / of this; 0 where there is none
  /// Speed-up / how much more runs at once, which is the first's CPU time / this one's: below 1 it takes more
  /// CPU time for the same. 0 where there is none.
  double efficiency = 0;
  bool has_states = false;
  StateSeconds states{};          ///< mean of the runs
  double thread_seconds = 0;      ///< likewise: lives of all threads together
  StateSeconds working_states{};  ///< likewise: of the threads at work (RunFacts)
  double working_seconds = 0;
  std::vector<WaitPlace> waits;  ///< of the threads at work; mean of the runs, most seconds first

  [[nodiscard]] double value(Metric metric) const {
    const std::optional<Quantity>& quantity = metrics[static_cast<size_t>(metric)];
    return quantity ? quantity->median : 0;
  }
  [[nodiscard]] bool has(Metric metric) const { return metrics[static_cast<size_t>(metric)].has_value(); }
  /// Of the lives of the threads at work; 0 where states were not recorded. Being ready to run without a CPU
  /// is up to the machine and not to the program: it is a share of all of their time, what they do
  /// otherwise is one of the rest.
  [[nodiscard]] double working_share_of(ThreadState state) const {
    const double runnable = working_states[static_cast<size_t>(ThreadState::runnable)];
    const double whole = working_seconds - (state == ThreadState::runnable ? 0 : runnable);
    return whole > 0 ? working_states[static_cast<size_t>(state)] / whole : 0;
  }
};

/// What a judgement rests on.
enum class Basis : uint8_t {
  runs,        ///< how runs differ among themselves
  sampling,    ///< one run each: the error of sampling alone
  not_judged,  ///< too few runs
};
[[nodiscard]] std::string_view name_of(Basis basis);

/// One figure of two variants.
struct MetricComparison {
  size_t a = 0;  ///< variants
  size_t b = 0;
  Metric metric = Metric::wall;
  std::optional<Shift> ratio;  ///< b / a; none where a value is 0
  Shift difference;            ///< b − a
  double p_value = 1;
  Basis basis = Basis::not_judged;
  bool significant = false;  ///< beyond what runs differ by, and no trifle
};

/// Functions whose time differs, of two variants.
struct FunctionComparison {
  size_t a = 0;
  size_t b = 0;
  Basis basis = Basis::not_judged;
  size_t compared = 0;                      ///< functions large enough to be judged
  std::vector<ComparedFunction> functions;  ///< only those that differ by kMinEffect and beyond error
};

/// The law of Amdahl fitted to runs with different numbers of workers (scaling.h).
struct ScalePoint {
  double workers = 0;
  double wall_seconds = 0;    ///< median
  double speedup = 0;         ///< against the fewest workers
  double efficiency = 0;      ///< speed-up / (workers / fewest workers)
  double fitted_seconds = 0;  ///< what the law says
  double parallelism = 0;
};

/// The first step that is not worth it: more workers, and no less time.
struct ScaleStop {
  size_t from = 0;   ///< points; the next one is no faster
  double ratio = 0;  ///< of the wall times, next / this
  bool has_states = false;
  StateSeconds growth{};  ///< of the threads' seconds by state, next − this
};

struct Scaling {
  std::vector<ScalePoint> points;           ///< fewest workers first
  double serial_fraction = 0;               ///< 0…1
  std::optional<Interval> serial_interval;  ///< 95 %; none for fewer than three runs each
  double worst_residual = 0;  ///< largest |measured − fitted| / measured: how well the law fits
  std::optional<ScaleStop> stop;
};

/// A figure that a sentence rests on.
struct VerdictFigure {
  std::string name;     ///< "wall.ratio", "states.gil.share", …
  std::string variant;  ///< whose; empty where it is of all
  double value = 0;
};

/// What a comparison comes to (verdict.h).
struct VerdictSentence {
  std::string rule;  ///< "faster", "no_difference", "gil_bound", …: fixed words
  std::string text;  ///< may hold names of the user's: to be escaped where it is shown
  std::vector<VerdictFigure> evidence;
};

struct RunComparison {
  std::vector<VariantSummary> variants;
  std::vector<MetricComparison> comparisons;  ///< of every variant with the first, in the order of Metric
  std::vector<FunctionComparison> functions;  ///< likewise
  std::optional<Scaling> scaling;
  std::vector<VerdictSentence> verdict;
  std::vector<std::string> notes;  ///< what makes the variants less comparable: sentences

  /// None where that was not compared.
  [[nodiscard]] const MetricComparison* find(size_t b, Metric metric) const;
};

struct RunCompareOptions {
  std::vector<double> scale;       ///< by variant, its number of workers; empty: no scaling
  std::vector<std::string> notes;  ///< of how the runs were made
};
/// Two variants at least, each with a run that finished; others are told as failed.
[[nodiscard]] RunComparison compare_runs(const std::vector<VariantRuns>& variants,
                                         const RunCompareOptions& options = {});

/// The judgement alone, of the values of one figure in the runs of `a` and of `b`; neither is empty.
[[nodiscard]] MetricComparison judge_values(const std::vector<double>& a, const std::vector<double>& b);

/// Whether the interval of the ratio of wall times reaches no further than `precision` from it on either
/// side, for every variant against the first. By width alone: whether they differ does not count.
[[nodiscard]] bool is_precise(const std::vector<VariantRuns>& variants, double precision);

}  // namespace strobe::analyze
