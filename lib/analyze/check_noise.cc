#include "analyze/check_noise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace strobe::analyze::check {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kMostExact = 4000;  // products of sample sizes; above, the normal approximation is as good

/// Of (q²) r² − 2ab r + (b² − B²) = 0 with q² = a² − A²: where b − r·a = ∓ hypot(B, r·A).
double solve_ratio(double a, double b, double spread_a, double spread_b, bool larger) {
  const double square = a * a - spread_a * spread_a;
  const double root = std::sqrt(std::max(0.0, a * a * b * b - square * (b * b - spread_b * spread_b)));
  if (larger) return square > 0 ? (a * b + root) / square : kInfinite;
  // In the form that does not divide by what may be 0.
  const double below = a * b + root;
  return below > 0 ? std::max(0.0, (b * b - spread_b * spread_b) / below) : 0;
}

/// By number of pairs, how likely that many are in one order when both samples are of one distribution.
std::vector<double> rank_sum_distribution(size_t a, size_t b) {
  // Counts of orders with u pairs in one order: the coefficients of the Gaussian binomial (a+b choose a),
  // normalised on the way so that they stay numbers.
  std::vector<double> ways(a * b + 1, 0);
  ways[0] = 1;
  for (size_t i = 1; i <= a; ++i) {
    for (size_t u = a * b + 1; u-- > b + i;) ways[u] -= ways[u - b - i];
    for (size_t u = i; u <= a * b; ++u) ways[u] += ways[u - i];
    const double scale = static_cast<double>(i) / static_cast<double>(b + i);
    for (double& way : ways) way *= scale;
  }
  return ways;
}

int rank_by_normal(size_t a, size_t b, double confidence) {
  const auto m = static_cast<double>(a);
  const auto n = static_cast<double>(b);
  const double deviation = std::sqrt(m * n * (m + n + 1) / 12);
  return static_cast<int>(std::floor(m * n / 2 - z_of_confidence(confidence) * deviation - 0.5));
}

Estimate estimate_of(const Measured& measured, double z) {
  return {measured.value, sampling_interval(measured, z)};
}

bool is_accounted(const Measured& measured) { return measured.sampled_of <= 0 && measured.variance <= 0; }

ChangeEstimate by_sampling(const Measured& baseline, const Measured& now, bool relative, double confidence) {
  const double z = z_of_confidence(confidence);
  const Estimate a = estimate_of(baseline, z);
  const Estimate b = estimate_of(now, z);
  ChangeEstimate result{.basis = NoiseBasis::sampling,
                        .accounted = is_accounted(baseline) && is_accounted(now)};
  if (!relative) {
    result.change = b.value - a.value;
    result.interval = difference_interval(a, b);
    return result;
  }
  const Interval ratio = ratio_interval(a, b);
  result.change = a.value > 0 ? b.value / a.value - 1 : (b.value > 0 ? kInfinite : 0);
  result.interval = {ratio.low - 1, ratio.high - 1};
  return result;
}

double pair_change(double a, double b, bool relative) {
  if (!relative) return b - a;
  if (a > 0) return b / a - 1;
  return b > 0 ? kInfinite : 0;
}

}  // namespace

double z_of_confidence(double confidence) {
  double low = 0;
  double high = 10;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::numbers::sqrt2) < confidence ? low : high) = middle;
  }
  return high;
}

Interval ratio_interval(const Estimate& a, const Estimate& b) {
  const double up_a = a.interval.high - a.value;
  const double down_a = a.value - a.interval.low;
  const double up_b = b.interval.high - b.value;
  const double down_b = b.value - b.interval.low;
  if (a.value <= 0 && up_a <= 0) return b.value > 0 ? Interval{kInfinite, kInfinite} : Interval{1, 1};
  return {solve_ratio(a.value, b.value, up_a, down_b, false),
          solve_ratio(a.value, b.value, down_a, up_b, true)};
}

int shift_interval_rank(size_t a, size_t b, double confidence) {
  if (a == 0 || b == 0) return -1;
  if (a * b > kMostExact) return rank_by_normal(a, b, confidence);
  const std::vector<double> likely = rank_sum_distribution(a, b);
  const double each_side = (1 - confidence) / 2;
  double below = 0;
  int rank = -1;
  for (const double probability : likely) {
    below += probability;
    if (below > each_side + 1e-12) break;
    ++rank;
  }
  return rank;
}

size_t least_runs(double confidence) {
  size_t runs = 1;
  while (runs < 60 && shift_interval_rank(runs, runs, confidence) < 0) ++runs;
  return runs;
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  // Infinite values are possible, and their difference is not a number.
  return values[middle - 1] == values[middle] ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

tl::expected<ChangeEstimate, std::string> estimate_change(std::span<const Measured* const> baseline,
                                                          std::span<const Measured* const> now, bool relative,
                                                          double confidence) {
  if (baseline.size() == 1 && now.size() == 1)
    return by_sampling(*baseline[0], *now[0], relative, confidence);
  const int rank = shift_interval_rank(baseline.size(), now.size(), confidence);
  if (rank < 0) {
    return tl::unexpected(fmt::format("{} against {} recordings are too few to tell how much runs differ",
                                      now.size(), baseline.size()));
  }
  std::vector<double> changes;
  for (const Measured* a : baseline) {
    for (const Measured* b : now) changes.push_back(pair_change(a->value, b->value, relative));
  }
  std::ranges::sort(changes);
  const auto outside = static_cast<size_t>(rank);
  return ChangeEstimate{.change = median_of(changes),
                        .interval = {changes[outside], changes[changes.size() - 1 - outside]},
                        .basis = NoiseBasis::runs};
}

}  // namespace strobe::analyze::check
