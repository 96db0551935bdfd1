#include "report_checks.h"

#include <gtest/gtest.h>

#include <cmath>

namespace strobe::test {

using nlohmann::json;

FunctionAmount amount_of(const json& report, const std::string& name, const char* part) {
  FunctionAmount sum;
  for (const json& row : report.value("functions", json::array())) {
    const std::string full = row.value("name", "");
    if (full != name && full.rfind(name + "(", 0) != 0) continue;
    const json& amount = row.at(part);
    sum.share += amount.value("share", 0.0);
    sum.seconds += amount.value("seconds", 0.0);
    sum.samples += amount.value("samples", uint64_t{0});
    sum.found = true;
  }
  return sum;
}

std::map<uint64_t, std::string> names_by_id(const json& report) {
  std::map<uint64_t, std::string> names;
  for (const json& row : report.at("functions")) names[row.at("id").get<uint64_t>()] = row.value("name", "");
  return names;
}

double seconds_of_path(const json& report, const std::vector<std::string>& path) {
  const std::map<uint64_t, std::string> names = names_by_id(report);
  double seconds = 0;
  for (const json& stack : report.at("stacks")) {
    size_t found = 0;
    for (const json& frame : stack.at("frames")) {
      const auto function = frame.at("function").get<uint64_t>();
      if (found < path.size() && names.at(function) == path[found]) ++found;
    }
    if (found == path.size()) seconds += stack.at("seconds").get<double>();
  }
  return seconds;
}

void expect_quality_invariants(const json& report) {
  ASSERT_TRUE(report.is_object()) << "no JSON report";
  EXPECT_EQ(report.value("schema", ""), "strobe-report/1");
  ASSERT_TRUE(report.contains("quality"));
  const json& quality = report["quality"];
  const json& samples = quality.at("samples");
  const json& stacks = quality.at("stacks");
  const auto count = [](const json& object, const char* name) { return object.at(name).get<uint64_t>(); };
  const uint64_t stored = count(samples, "stored");
  EXPECT_EQ(count(samples, "taken"), stored + count(samples, "lost_queue") + count(samples, "late"));
  const uint64_t whole = count(stacks, "complete") + count(stacks, "completed");
  EXPECT_EQ(stored, whole + count(stacks, "truncated") + count(stacks, "incomplete") + count(stacks, "none"));
  if (stored > 0) {
    EXPECT_NEAR(quality.at("complete").get<double>(),
                static_cast<double>(whole) / static_cast<double>(stored), 1e-6);
  }
  const double expected = quality.at("rate_hz").get<double>() * report.at("recording").value("cpu_s", 0.0);
  EXPECT_NEAR(samples.at("expected").get<double>(), expected, 0.02 * expected + 1);
  EXPECT_EQ(report.at("recording").value("samples", uint64_t{0}), stored);
}

double half_width_9999(double share, double samples) {
  constexpr double kZ = 3.890592;
  if (samples <= 0) return 1;
  return kZ * std::sqrt(share * (1 - share) / samples) + kZ * kZ / (2 * samples);
}

namespace {

void expect_share(const json& report, const std::string& name, const char* part, double truth,
                  double tolerance) {
  const FunctionAmount amount = amount_of(report, name, part);
  const double samples = report.at("recording").value("samples", 0.0);
  const double least = truth - half_width_9999(truth, samples) - tolerance;
  EXPECT_TRUE(amount.found || least <= 0)
      << name << " is not in the report";  // a rare one may have no sample
  // Where kernel time is not sampled it has a row of its own, and any function's part of it may be in there.
  const double aside = amount_of(report, "[kernel, not sampled]").share;
  EXPECT_LE(amount.share, truth + half_width_9999(truth, samples) + tolerance)
      << part << " share of " << name << " in " << samples << " samples";
  EXPECT_GE(amount.share, least - aside) << part << " share of " << name << " in " << samples << " samples";
}

}  // namespace

void expect_true_shares(const StrobeRun& run, double tolerance) {
  ASSERT_TRUE(run.truth.is_object()) << "no ground truth in: " << run.program.out;
  ASSERT_TRUE(run.report.is_object()) << "no report: " << run.program.err;
  const double cpu_s = run.truth.at("cpu_s").get<double>();
  for (const auto& [name, seconds] : run.truth.at("functions").items()) {
    expect_share(run.report, name, "self", seconds.get<double>() / cpu_s, tolerance);
  }
}

void expect_true_totals(const StrobeRun& run, double tolerance) {
  ASSERT_TRUE(run.truth.is_object()) << "no ground truth in: " << run.program.out;
  ASSERT_TRUE(run.report.is_object()) << "no report: " << run.program.err;
  const double cpu_s = run.truth.at("cpu_s").get<double>();
  const json totals = run.truth.value("totals", json::object());
  for (const auto& [name, seconds] : totals.items()) {
    expect_share(run.report, name, "total", seconds.get<double>() / cpu_s, tolerance);
  }
}

void expect_true_cpu_seconds(const StrobeRun& run, double relative) {
  ASSERT_TRUE(run.truth.is_object()) << "no ground truth in: " << run.program.out;
  ASSERT_TRUE(run.report.is_object()) << "no report: " << run.program.err;
  const double truth = run.truth.at("cpu_s").get<double>();
  EXPECT_NEAR(run.report.at("recording").value("cpu_s", 0.0), truth, relative * truth + 0.02 + run.stolen_s);
}

void expect_complete_stacks(const json& report, double share) {
  ASSERT_TRUE(report.is_object()) << "no JSON report";
  EXPECT_GE(report.at("quality").value("complete", 0.0), share) << report["quality"].dump(1);
}

}  // namespace strobe::test
