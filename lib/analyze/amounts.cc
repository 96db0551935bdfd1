#include "analyze/amounts.h"

#include <algorithm>
#include <cmath>

namespace strobe::analyze {

Interval wilson_interval(double share, double effective_samples, double z) {
  if (!(effective_samples > 0)) return {0, 1};
  const double p = std::clamp(share, 0.0, 1.0);
  const double n = effective_samples;
  const double scale = 1 / (1 + z * z / n);
  const double centre = (p + z * z / (2 * n)) * scale;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) * scale;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace strobe::analyze
