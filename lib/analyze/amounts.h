// The quantity every table is made of: seconds of CPU time, or of wall time, with the samples behind them,
// and how sure a share of it is.
#pragma once

#include <cstdint>

namespace strobe::analyze {

struct Amount {
  double seconds = 0;    ///< exact time, apportioned by samples and stretches (attribution.h)
  uint64_t samples = 0;  ///< raw count; of wall time, stretches off the CPU count as well
  double certain = 0;    ///< of `seconds`, known without sampling: in stretches that were all kept
  Amount& operator+=(const Amount& other) {
    seconds += other.seconds;
    samples += other.samples;
    certain += other.certain;
    return *this;
  }
  [[nodiscard]] bool is_nothing() const { return samples == 0 && seconds == 0; }
  friend bool operator==(const Amount&, const Amount&) = default;
};

/// A 95 % interval of a share, 0…1.
struct Interval {
  double low = 0;
  double high = 0;
};

/// The Wilson score interval of a share seen in `effective_samples` independent samples (docs/limits.md).
/// Without samples nothing is known: 0…1.
[[nodiscard]] Interval wilson_interval(double share, double effective_samples, double z = 1.959963984540054);

}  // namespace strobe::analyze
