// Figures in sentences and tables for people: three digits that count, with their unit. Pure.
#pragma once

#include <string>

#include "analyze/run_metrics.h"

namespace strobe::analyze {

[[nodiscard]] std::string format_seconds(double seconds);  ///< "1.23 s", "38 ms", "120 µs"
[[nodiscard]] std::string format_bytes(double bytes);      ///< "142 MB", in powers of 1024
[[nodiscard]] std::string format_percent(double share);    ///< "71 %", "3.1 %"
[[nodiscard]] std::string format_factor(double factor);    ///< "1.87", "12.4", "310"
[[nodiscard]] std::string format_value(double value, MetricUnit unit);

}  // namespace strobe::analyze
