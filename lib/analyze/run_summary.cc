#include "analyze/run_summary.h"

#include "analyze/function_table.h"
#include "analyze/own_waits.h"
#include "analyze/quality_view.h"

namespace strobe::analyze {
namespace {

constexpr int32_t kFirstFailureOfShells = 126;  // could not be executed; above 128: ended by a signal

Estimate estimate(const FunctionTable& table, const FunctionStats& row, const Amount& amount) {
  const Interval share = interval_of(table, row, amount);
  return {amount.seconds, {share.low * table.cpu_seconds, share.high * table.cpu_seconds}};
}

}  // namespace

std::string_view name_of(RunEnd end) {
  switch (end) {
    case RunEnd::finished:
      return "finished";
    case RunEnd::crashed:
      return "crashed";
    case RunEnd::timed_out:
      return "timed_out";
  }
  return "crashed";
}

RunEnd end_of(const std::optional<int32_t>& exit_status) {
  return exit_status.value_or(0) >= kFirstFailureOfShells ? RunEnd::crashed : RunEnd::finished;
}

RunSummary summarize_run(const Profile& profile) {
  RunSummary run;
  run.command = profile.info.command;
  run.facts = sum_up_run(profile);
  run.end = end_of(profile.info.exit_status);
  run.made = {.hostname = profile.info.hostname,
              .kernel = profile.info.kernel_release,
              .engine = profile.quality.engine,
              .strobe_version = profile.info.strobe_version,
              .period_ns = profile.info.period_ns,
              .rate_hz = profile.quality.rate_hz,
              .kernel_sampled = profile.info.kernel_sampled,
              .wall = profile.info.wall};
  const FunctionTable table = make_function_table(profile, select_all(profile));
  for (const FunctionStats& row : table.rows) {
    run.functions.push_back(
        {row.function, estimate(table, row, row.self), estimate(table, row, row.total), row.exact});
  }
  run.waits = find_own_waits(profile);
  run.warnings = judge_quality(profile).warnings;
  return run;
}

}  // namespace strobe::analyze
