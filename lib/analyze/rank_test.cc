#include "analyze/rank_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <vector>

#include "analyze/resampling.h"
#include "analyze/statistics.h"

namespace strobe::analyze {
namespace {

constexpr double kTail = 0.025;  // on either side of a 95 % interval

/// Both sides in one order, with twice the mid-rank of each value: whole numbers, also where values tie.
struct Ranked {
  std::vector<uint32_t> double_ranks;  ///< in ascending order of the values
  uint32_t double_sum_a = 0;           ///< of the values of a
  double tie_term = 0;                 ///< Σ (t³ − t) over groups of t equal values
};

Ranked rank_values(std::span<const double> a, std::span<const double> b) {
  std::vector<std::pair<double, bool>> values;
  for (const double value : a) values.emplace_back(value, true);
  for (const double value : b) values.emplace_back(value, false);
  std::ranges::sort(values);
  Ranked result;
  for (size_t begin = 0; begin < values.size();) {
    size_t end = begin;
    while (end < values.size() && values[end].first == values[begin].first) ++end;
    const auto double_rank = static_cast<uint32_t>(begin + 1 + end);
    for (size_t i = begin; i < end; ++i) {
      result.double_ranks.push_back(double_rank);
      if (values[i].second) result.double_sum_a += double_rank;
    }
    const auto size = static_cast<double>(end - begin);
    result.tie_term += size * size * size - size;
    begin = end;
  }
  return result;
}

/// Of all ways to choose `count` of these ranks, the share with each sum.
std::vector<double> distribution_of_sums(const std::vector<uint32_t>& ranks, size_t count) {
  const size_t largest = std::accumulate(ranks.begin(), ranks.end(), size_t{0});
  // ways[n][s]: of choosing n ranks with the sum s. Doubles: C(100, 50) is 1e29, and only shares matter.
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(largest + 1, 0.0));
  ways[0][0] = 1;
  size_t reached = 0;
  for (const uint32_t rank : ranks) {
    reached += rank;
    for (size_t n = count; n > 0; --n) {
      for (size_t sum = reached; sum >= rank; --sum) ways[n][sum] += ways[n - 1][sum - rank];
    }
  }
  std::vector<double> shares = std::move(ways[count]);
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= all;
  return shares;
}

double exact_p_value(const Ranked& ranked, size_t count_a) {
  const std::vector<double> shares = distribution_of_sums(ranked.double_ranks, count_a);
  double low = 0;
  double high = 0;
  for (size_t sum = 0; sum < shares.size(); ++sum) {
    if (sum <= ranked.double_sum_a) low += shares[sum];
    if (sum >= ranked.double_sum_a) high += shares[sum];
  }
  return std::min(1.0, 2 * std::min(low, high));
}

double approximate_p_value(const Ranked& ranked, double m, double n) {
  const double count = m + n;
  const double variance = m * n / 12 * (count + 1 - ranked.tie_term / (count * (count - 1)));
  if (!(variance > 0)) return 1;
  const double distance = std::abs(ranked.double_sum_a / 2.0 - m * (count + 1) / 2);
  return std::erfc(std::max(0.0, distance - 0.5) / std::sqrt(variance) / std::numbers::sqrt2);
}

/// How many of the smallest and of the largest differences a 95 % interval leaves out; none where even the
/// whole range is not wide enough.
std::optional<size_t> count_left_out(size_t m, size_t n) {
  if (m + n > kMaxExactRuns) {
    const auto mn = static_cast<double>(m * n);
    const double bound = mn / 2 - kZ95 * std::sqrt(mn * static_cast<double>(m + n + 1) / 12) - 0.5;
    return static_cast<size_t>(std::max(0.0, std::floor(bound)));
  }
  std::vector<uint32_t> ranks(m + n);
  std::iota(ranks.begin(), ranks.end(), 1u);
  const std::vector<double> shares = distribution_of_sums(ranks, m);
  double below = 0;
  std::optional<size_t> result;
  for (size_t u = 0, smallest = m * (m + 1) / 2; smallest + u < shares.size(); ++u) {
    below += shares[smallest + u];
    if (below > kTail) break;
    result = u;
  }
  return result;
}

}  // namespace

double rank_test_p_value(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty()) return 1;
  const Ranked ranked = rank_values(a, b);
  if (a.size() + b.size() <= kMaxExactRuns) return exact_p_value(ranked, a.size());
  return approximate_p_value(ranked, static_cast<double>(a.size()), static_cast<double>(b.size()));
}

Shift estimate_shift(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double of_a : a) {
    for (const double of_b : b) differences.push_back(of_b - of_a);
  }
  std::ranges::sort(differences);
  Shift result{.value = median_of_sorted(differences), .interval = {}};
  if (const std::optional<size_t> left_out = count_left_out(a.size(), b.size())) {
    result.interval = Interval{differences[*left_out], differences[differences.size() - 1 - *left_out]};
  }
  return result;
}

std::optional<Shift> estimate_ratio(std::span<const double> a, std::span<const double> b) {
  const auto logarithms = [](std::span<const double> values) {
    std::vector<double> result;
    for (const double value : values) result.push_back(value > 0 ? std::log(value) : NAN);
    return result;
  };
  const auto is_positive = [](double value) { return value > 0; };
  if (a.empty() || b.empty() || !std::ranges::all_of(a, is_positive) ||
      !std::ranges::all_of(b, is_positive)) {
    return std::nullopt;
  }
  Shift shift = estimate_shift(logarithms(a), logarithms(b));
  shift.value = std::exp(shift.value);
  if (shift.interval)
    shift.interval = Interval{std::exp(shift.interval->low), std::exp(shift.interval->high)};
  return shift;
}

}  // namespace strobe::analyze
