#include "analyze/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace strobe::analyze {
namespace {}  // namespace

Interval difference_interval(const Estimate& a, const Estimate& b) {
  const double difference = b.value - a.value;
  return {difference - std::hypot(b.value - b.interval.low, a.interval.high - a.value),
          difference + std::hypot(b.interval.high - b.value, a.value - a.interval.low)};
}

double difference_p_value(const Estimate& a, const Estimate& b) {
  const double difference = b.value - a.value;
  const Interval interval = difference_interval(a, b);
  const double towards_zero = difference > 0 ? difference - interval.low : interval.high - difference;
  if (difference == 0) return 1;
  if (!(towards_zero > 0)) return 0;
  return std::erfc(kZ95 * std::abs(difference) / towards_zero / std::numbers::sqrt2);
}

std::vector<bool> find_discoveries(std::span<const double> p_values, double rate) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p_values[i]; });
  size_t count = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double limit = rate * static_cast<double>(rank + 1) / static_cast<double>(order.size());
    if (p_values[order[rank]] <= limit) count = rank + 1;
  }
  std::vector<bool> result(p_values.size(), false);
  for (size_t rank = 0; rank < count; ++rank) result[order[rank]] = true;
  return result;
}

}  // namespace strobe::analyze
