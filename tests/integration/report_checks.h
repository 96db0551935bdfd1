// Facts that a report (strobe-report/1) must state, as gtest checks.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/run_strobe.h"

namespace strobe::test {

/// Amounts of all functions of that name, with or without a parameter list, added up.
struct FunctionAmount {
  double share = 0;
  double seconds = 0;
  uint64_t samples = 0;
  bool found = false;
};
/// `part` is "self" or "total".
[[nodiscard]] FunctionAmount amount_of(const nlohmann::json& report, const std::string& name,
                                       const char* part = "self");

/// Names of the functions of a report.
[[nodiscard]] std::map<uint64_t, std::string> names_by_id(const nlohmann::json& report);
/// Seconds of the stacks in which these functions follow each other, root first, others between them or not.
[[nodiscard]] double seconds_of_path(const nlohmann::json& report, const std::vector<std::string>& path);

/// The invariants of `quality`, which hold in every recording whatever was lost.
void expect_quality_invariants(const nlohmann::json& report);

/// Every function of the workload's ground truth has its share of the CPU time, within the 99.99 % interval
/// of as many samples and `tolerance` (absolute) more.
void expect_true_shares(const StrobeRun& run, double tolerance);
/// The same for the functions whose share with callees the workload tells.
void expect_true_totals(const StrobeRun& run, double tolerance);

/// The recording's CPU seconds are the program's own, within `relative` and 20 ms for start and end, which
/// the program cannot measure.
void expect_true_cpu_seconds(const StrobeRun& run, double relative);

/// At least this share of the stacks reaches the thread's start.
void expect_complete_stacks(const nlohmann::json& report, double share);

/// Half width of the 99.99 % interval of a share seen in so many independent samples.
[[nodiscard]] double half_width_9999(double share, double samples);

}  // namespace strobe::test
