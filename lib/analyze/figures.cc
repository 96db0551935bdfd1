#include "analyze/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace strobe::analyze {
namespace {

constexpr double kUnit = 1024;

/// With as many decimals as make three digits.
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

std::string format_seconds(double seconds) {
  const double size = std::abs(seconds);
  if (size == 0) return "0 s";
  if (size >= 0.9995) return three_digits(seconds) + " s";
  if (size >= 0.9995e-3) return three_digits(seconds * 1e3) + " ms";
  return three_digits(seconds * 1e6) + " µs";
}

std::string format_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (std::abs(bytes) >= kUnit && unit + 1 < std::size(units)) bytes /= kUnit, ++unit;
  return (unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes)) + ' ' + units[unit];
}

std::string format_percent(double share) {
  const double percent = share * 100;
  return fmt::format("{:.{}f} %", percent, std::abs(percent) < 9.95 ? 1 : 0);
}

std::string format_factor(double factor) { return three_digits(factor); }

std::string format_value(double value, MetricUnit unit) {
  switch (unit) {
    case MetricUnit::seconds:
      return format_seconds(value);
    case MetricUnit::bytes:
      return format_bytes(value);
    case MetricUnit::count:
      return fmt::format("{:.0f}", value);
    case MetricUnit::ratio:
      return three_digits(value);
  }
  return {};
}

}  // namespace strobe::analyze
