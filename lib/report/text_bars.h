// Numbers over time as a line of bars.
#pragma once

#include <string>
#include <vector>

namespace strobe::report {

/// A bar for every slot, from nothing (a space) to `top`; what is more than nothing is shown.
[[nodiscard]] std::string sparkline(const std::vector<double>& slots, double top);

}  // namespace strobe::report
