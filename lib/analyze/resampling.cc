#include "analyze/resampling.h"

#include <algorithm>
#include <cmath>

namespace strobe::analyze {
namespace {

constexpr uint64_t kSeed = 0x5354524F4245;  // "STROBE"
constexpr size_t kMinRuns = 3;              // of two, the interval would be the two

double quantile_of_sorted(std::span<const double> values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

double median_of_sorted(std::span<const double> values) {
  return values.empty() ? 0 : quantile_of_sorted(values, 0.5);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return median_of_sorted(values);
}

Interval central_interval(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  return {quantile_of_sorted(values, 0.025), quantile_of_sorted(values, 0.975)};
}

Quantity measure_quantity(const std::vector<double>& runs) {
  Quantity result{.median = median(runs), .interval = {}};
  if (runs.size() < kMinRuns) return result;
  Draws draws(kSeed);
  std::vector<double> medians;
  std::vector<double> drawn(runs.size());
  for (int i = 0; i < kResamples; ++i) {
    for (double& value : drawn) value = runs[draws.below(runs.size())];
    medians.push_back(median(drawn));
  }
  result.interval = central_interval(std::move(medians));
  return result;
}

}  // namespace strobe::analyze
