#include "analyze/run_metrics.h"

#include <array>

namespace strobe::analyze {
namespace {

struct MetricWords {
  std::string_view name;
  std::string_view title;
  MetricUnit unit;
};
constexpr std::array<MetricWords, kMetricCount> kWords = {{
    {"wall", "wall seconds", MetricUnit::seconds},
    {"cpu", "CPU seconds", MetricUnit::seconds},
    {"user", "user", MetricUnit::seconds},
    {"system", "system", MetricUnit::seconds},
    {"parallelism", "parallelism", MetricUnit::ratio},
    {"pss_peak", "peak PSS", MetricUnit::bytes},
    {"pss_mean", "mean PSS", MetricUnit::bytes},
    {"rss_peak", "peak RSS", MetricUnit::bytes},
    {"minor_faults", "minor faults", MetricUnit::count},
    {"major_faults", "major faults", MetricUnit::count},
    {"voluntary_switches", "voluntary switches", MetricUnit::count},
    {"forced_switches", "forced switches", MetricUnit::count},
    {"startup", "starting up", MetricUnit::seconds},
    {"copying", "copying", MetricUnit::seconds},
    {"exchange", "waiting on own pipes", MetricUnit::seconds},
    {"processes", "processes", MetricUnit::count},
    {"threads", "threads", MetricUnit::count},
    {"working_threads", "threads at work", MetricUnit::count},
    {"working_processes", "processes at work", MetricUnit::count},
    {"thread_seconds", "lives of threads", MetricUnit::seconds},
}};

const MetricWords& words_of(Metric metric) { return kWords[static_cast<size_t>(metric)]; }

std::optional<double> count_where(bool known, uint64_t count) {
  return known ? std::optional(static_cast<double>(count)) : std::nullopt;
}

}  // namespace

std::string_view name_of(Metric metric) { return words_of(metric).name; }
std::string_view title_of(Metric metric) { return words_of(metric).title; }
MetricUnit unit_of(Metric metric) { return words_of(metric).unit; }

std::optional<double> value_of(const RunFacts& facts, Metric metric) {
  switch (metric) {
    case Metric::wall:
      return facts.wall_seconds;
    case Metric::cpu:
      return facts.cpu_seconds;
    case Metric::user:
      return facts.user_seconds;
    case Metric::system:
      return facts.system_seconds;
    case Metric::parallelism:
      return facts.parallelism;
    case Metric::pss_peak:
      return facts.pss_peak_bytes;
    case Metric::pss_mean:
      return facts.pss_mean_bytes;
    case Metric::rss_peak:
      return facts.rss_peak_bytes;
    case Metric::minor_faults:
      return count_where(facts.rss_peak_bytes.has_value(), facts.minor_faults);
    case Metric::major_faults:
      return count_where(facts.rss_peak_bytes.has_value(), facts.major_faults);
    case Metric::voluntary_switches:
      return count_where(facts.has_states, facts.voluntary_switches);
    case Metric::forced_switches:
      return count_where(facts.has_states, facts.forced_switches);
    case Metric::startup:
      return facts.startup_seconds;
    case Metric::copying:
      return facts.copying_seconds;
    case Metric::exchange:
      return facts.has_states ? std::optional(facts.exchange_seconds) : std::nullopt;
    case Metric::processes:
      return static_cast<double>(facts.processes);
    case Metric::threads:
      return static_cast<double>(facts.threads);
    case Metric::working_threads:
      return static_cast<double>(facts.working_threads);
    case Metric::working_processes:
      return static_cast<double>(facts.working_processes);
    case Metric::thread_seconds:
      return facts.thread_seconds;
  }
  return std::nullopt;
}

}  // namespace strobe::analyze
