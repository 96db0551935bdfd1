// The figures that comparisons of runs are made of, each with its name, unit and where it comes from. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "analyze/run_facts.h"

namespace strobe::analyze {

enum class Metric : uint8_t {
  wall,
  cpu,
  user,
  system,
  parallelism,
  pss_peak,
  pss_mean,
  rss_peak,
  minor_faults,
  major_faults,
  voluntary_switches,
  forced_switches,
  startup,
  copying,
  exchange,
  processes,
  threads,
  working_threads,
  working_processes,
  thread_seconds,
};
inline constexpr int kMetricCount = 20;

enum class MetricUnit : uint8_t { seconds, bytes, count, ratio };

/// As JSON and the words of conditions have it: "wall", "pss_peak", …
[[nodiscard]] std::string_view name_of(Metric metric);
/// As people read it: "wall seconds", "peak PSS", …
[[nodiscard]] std::string_view title_of(Metric metric);
[[nodiscard]] MetricUnit unit_of(Metric metric);
/// None where it was not recorded.
[[nodiscard]] std::optional<double> value_of(const RunFacts& facts, Metric metric);

}  // namespace strobe::analyze
