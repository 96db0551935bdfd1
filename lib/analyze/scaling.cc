#include "analyze/scaling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace strobe::analyze {
namespace {

constexpr uint64_t kScalingSeed = 0x414D4441484C;  // "AMDAHL"
constexpr size_t kMinRunsOfGroup = 3;

/// The wall times of one number of workers.
struct WorkerGroup {
  size_t variant = 0;
  double workers = 0;
  std::vector<double> walls;
};

std::vector<WorkerGroup> make_groups(const RunComparison& comparison, const std::vector<double>& workers) {
  std::vector<WorkerGroup> groups;
  for (size_t i = 0; i < std::min(workers.size(), comparison.variants.size()); ++i) {
    WorkerGroup group{.variant = i, .workers = workers[i], .walls = {}};
    for (const RunSummary& run : comparison.variants[i].runs) {
      if (run.end == RunEnd::finished) group.walls.push_back(run.facts.wall_seconds);
    }
    if (!group.walls.empty() && group.workers > 0) groups.push_back(std::move(group));
  }
  std::ranges::stable_sort(groups, {}, &WorkerGroup::workers);
  return groups;
}

/// T = serial + parallel / n, by least squares of the relative errors: what takes long does not count more.
struct Line {
  double serial = 0;
  double parallel = 0;
  [[nodiscard]] double at(double workers) const { return serial + parallel / workers; }
  [[nodiscard]] double serial_fraction() const {
    const double one = serial + parallel;
    return one > 0 ? std::clamp(serial / one, 0.0, 1.0) : 0;
  }
};

Line fit_line(const std::vector<WorkerGroup>& groups, const std::vector<double>& seconds) {
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    const double x = 1 / groups[i].workers;
    const double weight = seconds[i] > 0 ? 1 / (seconds[i] * seconds[i]) : 0;
    w += weight;
    wx += weight * x;
    wy += weight * seconds[i];
    wxx += weight * x * x;
    wxy += weight * x * seconds[i];
  }
  const double determinant = w * wxx - wx * wx;
  if (!(determinant > 0)) return {};
  const double parallel = (w * wxy - wx * wy) / determinant;
  return {(wy - parallel * wx) / w, parallel};
}

std::vector<double> medians_of(const std::vector<WorkerGroup>& groups) {
  std::vector<double> result;
  result.reserve(groups.size());
  for (const WorkerGroup& group : groups) result.push_back(median(group.walls));
  return result;
}

std::optional<Interval> resample_fraction(const std::vector<WorkerGroup>& groups) {
  const auto is_small = [](const WorkerGroup& group) { return group.walls.size() < kMinRunsOfGroup; };
  if (std::ranges::any_of(groups, is_small)) return std::nullopt;
  Draws draws(kScalingSeed);
  std::vector<double> fractions;
  for (int i = 0; i < kResamples; ++i) {
    std::vector<double> seconds;
    for (const WorkerGroup& group : groups) {
      std::vector<double> drawn(group.walls.size());
      for (double& wall : drawn) wall = group.walls[draws.below(group.walls.size())];
      seconds.push_back(median(std::move(drawn)));
    }
    fractions.push_back(fit_line(groups, seconds).serial_fraction());
  }
  return central_interval(std::move(fractions));
}

std::optional<ScaleStop> find_stop(const RunComparison& comparison, const std::vector<WorkerGroup>& groups) {
  for (size_t i = 0; i + 1 < groups.size(); ++i) {
    const std::vector<double>& here = groups[i].walls;
    const std::vector<double>& next = groups[i + 1].walls;
    const double ratio = median(next) / median(here);
    // With runs enough it has to be shown that more workers help; with few, the medians have to do.
    const bool judged = std::min(here.size(), next.size()) >= kMinJudgedRuns;
    const bool helps =
        ratio < 1 - kMinEffect && (!judged || rank_test_p_value(here, next) <= kRunSignificance);
    if (helps) continue;
    ScaleStop stop{.from = i, .ratio = ratio, .has_states = false, .growth = {}};
    const VariantSummary& a = comparison.variants[groups[i].variant];
    const VariantSummary& b = comparison.variants[groups[i + 1].variant];
    stop.has_states = a.has_states && b.has_states;
    for (size_t state = 0; state < stop.growth.size(); ++state) {
      stop.growth[state] = b.states[state] - a.states[state];
    }
    return stop;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Scaling> fit_scaling(const RunComparison& comparison, const std::vector<double>& workers) {
  const std::vector<WorkerGroup> groups = make_groups(comparison, workers);
  if (groups.size() < 2 || groups.front().workers == groups.back().workers) return std::nullopt;
  const std::vector<double> seconds = medians_of(groups);
  const Line line = fit_line(groups, seconds);
  Scaling scaling;
  scaling.serial_fraction = line.serial_fraction();
  scaling.serial_interval = resample_fraction(groups);
  for (size_t i = 0; i < groups.size(); ++i) {
    ScalePoint point{.workers = groups[i].workers, .wall_seconds = seconds[i]};
    point.parallelism = comparison.variants[groups[i].variant].value(Metric::parallelism);
    point.fitted_seconds = line.at(point.workers);
    if (seconds[i] > 0) {
      point.speedup = seconds.front() / seconds[i];
      point.efficiency = point.speedup * groups.front().workers / point.workers;
      scaling.worst_residual =
          std::max(scaling.worst_residual, std::abs(seconds[i] - point.fitted_seconds) / seconds[i]);
    }
    scaling.points.push_back(point);
  }
  scaling.stop = find_stop(comparison, groups);
  return scaling;
}

}  // namespace strobe::analyze
