// How much a quantity changed between two sides of recordings, and how sure that is: what decides about
// relative limits of `strobe check`. The methods are in docs/limits.md. Pure.
#pragma once

#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/check_facts.h"
#include "analyze/statistics.h"

namespace strobe::analyze::check {

/// z such that a normal value is within ±z standard errors with this probability.
[[nodiscard]] double z_of_confidence(double confidence);

/// The interval of b/a that goes with difference_interval(): those ratios r for which the interval of b − r·a
/// has 0 in it. Values are not negative; infinite where a may be 0.
[[nodiscard]] Interval ratio_interval(const Estimate& a, const Estimate& b);

/// How many of the ordered differences between two samples of these sizes lie outside the interval of their
/// shift, on each side: it goes from the (k+1)th smallest to the (k+1)th largest one (Hodges and Lehmann
/// 1963, by the distribution of the rank sum). Negative where so few values cannot give such confidence.
[[nodiscard]] int shift_interval_rank(size_t a, size_t b, double confidence);

/// The fewest recordings of each side that are enough for it.
[[nodiscard]] size_t least_runs(double confidence);

enum class NoiseBasis : uint8_t {
  sampling,  ///< one recording on each side: how much runs differ is not known
  runs,      ///< several: what runs differ by, the error of sampling in it
};

struct ChangeEstimate {
  double change = 0;  ///< the difference, or as a part of the baseline (0.05: five percent more)
  Interval interval;
  NoiseBasis basis = NoiseBasis::sampling;
  bool accounted = false;  ///< not sampled on either side: the interval has no width
};

/// `relative`: as a part of the baseline. Every value is known or nameless; there is one on each side at
/// least. Fails with a sentence where the recordings are too few to tell.
[[nodiscard]] tl::expected<ChangeEstimate, std::string> estimate_change(
    std::span<const Measured* const> baseline, std::span<const Measured* const> now, bool relative,
    double confidence);

[[nodiscard]] double median_of(std::vector<double> values);

}  // namespace strobe::analyze::check
