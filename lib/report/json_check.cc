// strobe-check/1 and strobe-check-baseline/1.
#include <cmath>

#include "report/check_report.h"
#include "report/escape.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze::check;

const char* name_of_unit(Unit unit) {
  switch (unit) {
    case Unit::seconds:
      return "seconds";
    case Unit::bytes:
      return "bytes";
    case Unit::share:
      return "share";
    case Unit::count:
      return "count";
  }
  return "count";
}

void write_begin(JsonWriter& json, const char* schema) {
  json.begin_object();
  json.member("schema", schema);
  json.key("tool");
  json.begin_object();
  json.member("name", "strobe");
  json.member("version", STROBE_VERSION);
  json.end_object();
}

void write_strings(JsonWriter& json, const char* name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_origin_members(JsonWriter& json, const Origin& origin) {
  json.member("path", origin.path);
  json.member("command", origin.command);
  json.member("hostname", origin.hostname);
  json.member("architecture", origin.architecture);
  json.member("engine", origin.engine);
  json.member("strobe_version", origin.strobe_version);
  json.member("rate_hz", origin.rate_hz);
  json.member("kernel_sampled", origin.kernel_sampled);
  json.member("wall", origin.wall);
  json.member("start_unix_ns", origin.start_unix_ns);
  write_strings(json, "warnings", origin.warnings);
}

void write_origins(JsonWriter& json, const char* name, const std::vector<Origin>& origins) {
  json.key(name);
  json.begin_array();
  for (const Origin& origin : origins) {
    json.begin_object();
    write_origin_members(json, origin);
    json.end_object();
  }
  json.end_array();
}

void write_interval(JsonWriter& json, const char* name, const analyze::Interval& interval) {
  json.key(name);
  json.begin_object();
  json.member("low", interval.low);
  json.member("high", interval.high);  // null where it is infinite
  json.end_object();
}

void write_truth(JsonWriter& json, Truth truth) {
  json.key("true");
  truth == Truth::unknown ? json.null() : json.value(truth == Truth::yes);
}

void write_limit(JsonWriter& json, const Limit& limit) {
  json.key("limit");
  json.begin_object();
  json.member("text", limit.text);
  json.member("value", limit.value);
  json.member("percent", limit.percent);
  json.member("relative", limit.relative);
  json.end_object();
}

void write_change(JsonWriter& json, const JudgedTerm& judged, bool percent) {
  json.key("change");
  if (!judged.change) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("of_baseline", percent);
  json.member("value", judged.change->change);
  json.member("low", judged.change->interval.low);
  json.member("high", judged.change->interval.high);
  json.member("basis", judged.change->basis == NoiseBasis::sampling ? "sampling" : "runs");
  json.member("accounted", judged.change->accounted);
  json.end_object();
}

void write_term(JsonWriter& json, const Term& term, const JudgedTerm& judged) {
  json.begin_object();
  json.member("text", text_of(term));
  json.member("measure", text_of(term.measure));
  json.member("unit", name_of_unit(judged.is_share ? Unit::share : term.measure.word->unit));
  json.member("comparison", text_of(term.comparison));
  write_limit(json, term.limit);
  write_truth(json, judged.truth);
  json.member("value", judged.known ? std::optional<double>(judged.value) : std::nullopt);
  json.member("baseline", judged.baseline);
  if (judged.interval) write_interval(json, "interval", *judged.interval);
  write_change(json, judged, term.limit.percent);
  if (judged.truth == Truth::unknown) {
    json.member("reason", judged.reason);
    json.member("hint", judged.hint);
  }
  if (!judged.place.file.empty()) {
    json.member("file", judged.place.file);
    json.member("line", judged.place.line);
  }
  write_strings(json, "notes", judged.notes);
  json.end_object();
}

void write_condition(JsonWriter& json, const JudgedCondition& judged) {
  const Condition& condition = judged.condition;
  json.begin_object();
  json.member("name", condition.name);
  json.member("text", condition.expression.text);
  json.key("source");
  if (condition.file.empty()) {
    json.null();
  } else {
    json.begin_object();
    json.member("file", condition.file);
    json.member("line", condition.line);
    json.end_object();
  }
  json.member("verdict", name_of(judged.verdict));
  json.key("terms");
  json.begin_array();
  for (size_t i = 0; i < judged.terms.size(); ++i)
    write_term(json, condition.expression.terms[i], judged.terms[i]);
  json.end_array();
  json.end_object();
}

void write_measured(JsonWriter& json, const Measured& measured) {
  json.begin_object();
  if (measured.state == Measured::State::missing) {
    json.member("missing", measured.reason);
    json.member("hint", measured.hint);
    json.end_object();
    return;
  }
  if (measured.state == Measured::State::nameless) json.member("nameless", measured.reason);
  json.member("value", measured.value);
  json.member("whole", measured.whole);
  json.member("sampled", measured.sampled);
  json.member("sampled_of", measured.sampled_of);
  json.member("effective_samples", measured.effective_samples);
  json.member("variance", measured.variance);
  json.end_object();
}

}  // namespace

void write_json_check_members(JsonWriter& json, const CheckResult& result) {
  json.member("verdict", name_of(result.verdict));
  json.member("confidence", result.confidence);
  write_origins(json, "recordings", result.runs);
  write_origins(json, "baseline", result.baseline);
  json.key("conditions");
  json.begin_array();
  for (const JudgedCondition& judged : result.conditions) write_condition(json, judged);
  json.end_array();
  write_strings(json, "notes", result.notes);
}

void write_json_check(const CheckResult& result, const TextSink& sink) {
  JsonWriter json(sink);
  write_begin(json, "strobe-check/1");
  write_json_check_members(json, result);
  json.end_object();
  json.finish();
}

void write_json_baseline(const std::vector<Run>& runs, const TextSink& sink) {
  JsonWriter json(sink);
  write_begin(json, "strobe-check-baseline/1");
  json.key("runs");
  json.begin_array();
  for (const Run& run : runs) {
    json.begin_object();
    write_origin_members(json, run.origin);
    json.key("measures");
    json.begin_object();
    for (const auto& [name, measured] : run.measures) {
      json.key(name);
      write_measured(json, measured);
    }
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace strobe::report
