// write_json_comparison(): docs/formats/strobe-compare-1.schema.json.
#include "report/check_report.h"
#include "report/run_comparison.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze;

constexpr Metric kCpuParts[] = {Metric::user, Metric::system};
/// Written as a quantity under their own names.
constexpr Metric kQuantities[] = {Metric::parallelism,      Metric::startup,
                                  Metric::copying,          Metric::exchange,
                                  Metric::pss_peak,         Metric::pss_mean,
                                  Metric::rss_peak,         Metric::minor_faults,
                                  Metric::major_faults,     Metric::voluntary_switches,
                                  Metric::forced_switches,  Metric::processes,
                                  Metric::threads,          Metric::working_threads,
                                  Metric::working_processes};

/// Keys say their unit where a name alone does not.
std::string key_of(Metric metric) {
  std::string key(name_of(metric));
  if (unit_of(metric) == MetricUnit::bytes) key += "_bytes";
  if (metric == Metric::startup || metric == Metric::copying || metric == Metric::exchange) key += "_s";
  return key;
}

void write_interval(JsonWriter& json, const std::optional<Interval>& interval) {
  json.key("low");
  interval ? json.value(interval->low) : json.null();
  json.key("high");
  interval ? json.value(interval->high) : json.null();
}

void write_members(JsonWriter& json, const Quantity& quantity) {
  json.member("median", quantity.median);
  write_interval(json, quantity.interval);
}

void write_quantity(JsonWriter& json, const std::string& key, const std::optional<Quantity>& quantity) {
  json.key(key);
  if (!quantity) {
    json.null();
    return;
  }
  json.begin_object();
  write_members(json, *quantity);
  json.end_object();
}

const std::optional<Quantity>& quantity_of(const VariantSummary& variant, Metric metric) {
  return variant.metrics[static_cast<size_t>(metric)];
}

void write_cpu(JsonWriter& json, const VariantSummary& variant) {
  json.key("cpu");
  const std::optional<Quantity>& cpu = quantity_of(variant, Metric::cpu);
  if (!cpu) {
    json.null();
    return;
  }
  json.begin_object();
  write_members(json, *cpu);
  for (const Metric part : kCpuParts) {
    json.member(std::string(name_of(part)) + "_s", variant.value(part));
  }
  json.end_object();
}

void write_states(JsonWriter& json, const char* key, const StateSeconds& states) {
  json.key(key);
  json.begin_object();
  for (int state = 0; state < kThreadStateCount; ++state) {
    json.member(name_of(static_cast<ThreadState>(state)), states[static_cast<size_t>(state)]);
  }
  json.end_object();
}

void write_function_identity(JsonWriter& json, const FunctionIdentity& function) {
  json.member("name", function.name);
  json.member("file", function.file);
  json.member("line", function.line);
  json.member("module", function.module);
}

void write_waits(JsonWriter& json, const VariantSummary& variant) {
  constexpr size_t kMaxWaits = 20;
  json.key("waits");
  json.begin_array();
  for (size_t i = 0; i < variant.waits.size() && i < kMaxWaits; ++i) {
    const WaitPlace& wait = variant.waits[i];
    json.begin_object();
    json.member("state", name_of(wait.state));
    json.member("seconds", wait.seconds);
    write_function_identity(json, wait.function);
    json.end_object();
  }
  json.end_array();
}

void write_run(JsonWriter& json, const RunSummary& run) {
  json.begin_object();
  json.member("end", name_of(run.end));
  json.member("exit_status", run.facts.exit_status);
  json.member("left_running", run.left_running);
  json.member("recording", run.recording);
  json.member("wall_s", run.facts.wall_seconds);
  json.member("cpu_s", run.facts.cpu_seconds);
  json.member("pss_peak_bytes", run.facts.pss_peak_bytes);
  json.member("rss_peak_bytes", run.facts.rss_peak_bytes);
  json.end_object();
}

void write_variant(JsonWriter& json, const VariantSummary& variant) {
  json.begin_object();
  json.member("name", variant.name);
  json.member("command", variant.command);
  json.member("runs", uint64_t{variant.finished});
  json.member("crashed", uint64_t{variant.crashed});
  json.member("timed_out", uint64_t{variant.timed_out});
  json.member("left_running", uint64_t{variant.left_running});
  // The one status of all runs; null where they differ or it is not known.
  const bool one = variant.exit_statuses.size() == 1;
  json.member("exit_status", one ? std::optional(variant.exit_statuses.front()) : std::nullopt);
  json.key("exit_statuses");
  json.begin_array();
  for (const int32_t status : variant.exit_statuses) json.value(status);
  json.end_array();
  write_quantity(json, "wall", quantity_of(variant, Metric::wall));
  write_cpu(json, variant);
  for (const Metric metric : kQuantities) {
    // Plain medians for what the table shows plainly; the runs below have the rest.
    const std::optional<Quantity>& quantity = quantity_of(variant, metric);
    json.member(key_of(metric), quantity ? std::optional(quantity->median) : std::nullopt);
  }
  json.member("speedup", variant.speedup);
  json.member("efficiency", variant.efficiency);
  if (variant.has_states) {
    json.member("thread_s", variant.thread_seconds);
    write_states(json, "states", variant.states);
    json.member("working_s", variant.working_seconds);
    write_states(json, "working_states", variant.working_states);
    write_waits(json, variant);
  }
  json.key("measured");
  json.begin_array();
  for (const RunSummary& run : variant.runs) write_run(json, run);
  json.end_array();
  json.end_object();
}

void write_comparison(JsonWriter& json, const RunComparison& comparison, const MetricComparison& of) {
  json.begin_object();
  json.member("a", comparison.variants[of.a].name);
  json.member("b", comparison.variants[of.b].name);
  json.member("metric", name_of(of.metric));
  json.member("ratio", of.ratio ? std::optional(of.ratio->value) : std::nullopt);
  write_interval(json, of.ratio ? of.ratio->interval : std::nullopt);
  json.key("difference");
  json.begin_object();
  json.member("value", of.difference.value);
  write_interval(json, of.difference.interval);
  json.end_object();
  json.member("p_value", of.basis == Basis::runs ? std::optional(of.p_value) : std::nullopt);
  json.member("basis", name_of(of.basis));
  json.member("significant", of.significant);
  json.end_object();
}

void write_change(JsonWriter& json, const char* key, const Change& change) {
  json.key(key);
  json.begin_object();
  json.member("a", change.a);
  json.member("b", change.b);
  json.member("low", change.interval.low);
  json.member("high", change.interval.high);
  json.member("significant", change.beyond);
  json.end_object();
}

void write_functions(JsonWriter& json, const RunComparison& comparison, const FunctionComparison& of) {
  json.begin_object();
  json.member("a", comparison.variants[of.a].name);
  json.member("b", comparison.variants[of.b].name);
  json.member("basis", name_of(of.basis));
  json.member("compared", uint64_t{of.compared});
  json.key("changed");
  json.begin_array();
  for (const ComparedFunction& row : of.functions) {
    json.begin_object();
    write_function_identity(json, row.function);
    json.member("presence", row.presence == Presence::fresh  ? "new"
                            : row.presence == Presence::gone ? "gone"
                                                             : "both");
    write_change(json, "self", row.self);
    write_change(json, "total", row.total);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_scaling(JsonWriter& json, const Scaling& scaling) {
  json.key("scaling");
  json.begin_object();
  json.member("serial_fraction", scaling.serial_fraction);
  write_interval(json, scaling.serial_interval);
  json.member("worst_residual", scaling.worst_residual);
  json.key("points");
  json.begin_array();
  for (const ScalePoint& point : scaling.points) {
    json.begin_object();
    json.member("workers", point.workers);
    json.member("wall_s", point.wall_seconds);
    json.member("fitted_s", point.fitted_seconds);
    json.member("speedup", point.speedup);
    json.member("efficiency", point.efficiency);
    json.member("parallelism", point.parallelism);
    json.end_object();
  }
  json.end_array();
  json.key("stops");
  if (scaling.stop) {
    json.begin_object();
    json.member("workers", scaling.points[scaling.stop->from].workers);
    json.member("ratio", scaling.stop->ratio);
    if (scaling.stop->has_states) write_states(json, "growth", scaling.stop->growth);
    json.end_object();
  } else {
    json.null();
  }
  json.end_object();
}

void write_verdict(JsonWriter& json, const RunComparison& comparison) {
  json.key("verdict");
  json.begin_array();
  for (const VerdictSentence& sentence : comparison.verdict) {
    json.begin_object();
    json.member("rule", sentence.rule);
    json.member("text", sentence.text);
    json.key("evidence");
    json.begin_array();
    for (const VerdictFigure& evidence : sentence.evidence) {
      json.begin_object();
      json.member("name", evidence.name);
      json.member("variant", evidence.variant);
      json.member("value", evidence.value);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

template <class Rows, class Function>
void write_array(JsonWriter& json, const char* key, const Rows& rows, Function write_row) {
  json.key(key);
  json.begin_array();
  for (const auto& row : rows) write_row(row);
  json.end_array();
}

}  // namespace

void write_json_comparison(const RunComparison& comparison, const TextSink& sink,
                           const check::CheckResult* check) {
  JsonWriter json(sink);
  json.begin_object();
  json.member("schema", "strobe-compare/1");
  json.key("tool");
  json.begin_object();
  json.member("name", "strobe");
  json.member("version", STROBE_VERSION);
  json.end_object();
  write_array(json, "variants", comparison.variants, [&](const auto& row) { write_variant(json, row); });
  write_array(json, "comparisons", comparison.comparisons,
              [&](const auto& row) { write_comparison(json, comparison, row); });
  write_array(json, "functions", comparison.functions,
              [&](const auto& row) { write_functions(json, comparison, row); });
  if (comparison.scaling) write_scaling(json, *comparison.scaling);
  write_verdict(json, comparison);
  write_array(json, "notes", comparison.notes, [&](const auto& note) { json.value(note); });
  if (check != nullptr) {
    json.key("check");
    json.begin_object();
    write_json_check_members(json, *check);
    json.end_object();
  }
  json.end_object();
  json.finish();
}

}  // namespace strobe::report
