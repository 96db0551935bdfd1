// The test of Mann and Whitney (1947): whether the runs of one program tend to take longer than those of
// another. It asks nothing of how times are distributed, which no formula describes well: they have a hard
// lower end and a long tail. With it goes the estimate of Hodges and Lehmann (1963), whose interval comes
// from the same test turned round, so that both always say the same. Pure.
#pragma once

#include <optional>
#include <span>

#include "analyze/amounts.h"

namespace strobe::analyze {

/// Fewer runs on a side cannot be judged: the test has no result that would be rare enough.
inline constexpr size_t kMinJudgedRuns = 4;

/// Two-sided p-value of "neither tends to be larger". Exact for up to kMaxExactRuns in all, ties included
/// (permutations of the mid-ranks); the normal approximation with corrections for ties and continuity beyond
/// that. 1 where a side is empty.
[[nodiscard]] double rank_test_p_value(std::span<const double> a, std::span<const double> b);
inline constexpr size_t kMaxExactRuns = 100;

struct Shift {
  double value = 0;                  ///< the median of all differences of a value of b and one of a
  std::optional<Interval> interval;  ///< 95 %; none where there are too few values for one
};
/// How much larger the values of b are. Both sides have at least one.
[[nodiscard]] Shift estimate_shift(std::span<const double> a, std::span<const double> b);

/// The same as a factor, b / a. None where a value is not above 0.
[[nodiscard]] std::optional<Shift> estimate_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace strobe::analyze
