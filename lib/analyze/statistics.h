// The statistics of comparisons; methods and sources in docs/limits.md. Pure.
#pragma once

#include <span>
#include <vector>

#include "analyze/amounts.h"

namespace strobe::analyze {

inline constexpr double kZ95 = 1.959963984540054;  ///< standard errors to each side of a 95 % interval

/// A value and its 95 % interval.
struct Estimate {
  double value = 0;
  Interval interval;
};

/// The 95 % interval of b − a from those of a and b (Newcombe 1998, method 10, "square-and-add"). It is not
/// symmetric where theirs are not, and right for shares of 0 and 1.
[[nodiscard]] Interval difference_interval(const Estimate& a, const Estimate& b);

/// Two-sided p-value of "a equals b" that goes with difference_interval(): below 0.05 exactly where that does
/// not contain 0.
[[nodiscard]] double difference_p_value(const Estimate& a, const Estimate& b);

/// Benjamini and Hochberg (1995): by p-value, whether it is a discovery when at most `rate` of the
/// discoveries are expected to be false.
[[nodiscard]] std::vector<bool> find_discoveries(std::span<const double> p_values, double rate);

}  // namespace strobe::analyze
