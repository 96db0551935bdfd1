// Medians of runs, and how sure they are: intervals by drawing the runs again and again from themselves
// (Efron 1979). The draws come from a fixed seed, so that equal runs give equal intervals. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analyze/amounts.h"

namespace strobe::analyze {

/// Random numbers that are the same everywhere (SplitMix64); good enough to draw runs.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  [[nodiscard]] uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// 0 … count − 1, each as likely; `count` is small beside 2^64 and not 0.
  [[nodiscard]] size_t below(size_t count) { return static_cast<size_t>(next() % count); }

 private:
  uint64_t state_;
};

/// Of values in ascending order; 0 of none.
[[nodiscard]] double median_of_sorted(std::span<const double> values);
[[nodiscard]] double median(std::vector<double> values);

/// A value of several runs.
struct Quantity {
  double median = 0;
  std::optional<Interval> interval;  ///< 95 %, of the median; none for fewer than three runs
};
[[nodiscard]] Quantity measure_quantity(const std::vector<double>& runs);

/// The quantiles 2.5 % and 97.5 % of values.
[[nodiscard]] Interval central_interval(std::vector<double> values);

inline constexpr int kResamples = 2000;

}  // namespace strobe::analyze
