// What `strobe check` and `strobe compare` with conditions share: reading the conditions, and putting what
// came of them where the user asked for it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyze/check_evaluation.h"
#include "report/text.h"

namespace strobe::cli {

/// Conditions as the user wrote them, and where the reports on them go.
struct ConditionOptions {
  std::vector<std::string> fail_if;
  std::vector<std::string> budgets;
  std::string confidence = "95%";
  std::string json;  ///< of check alone: compare has a JSON of its own
  std::string markdown;
  std::string junit;
  bool annotations = false;
  bool stdout_taken = false;  ///< by something else: the text goes to stderr
};
/// --fail-if, --budget, --confidence, and --junit and --annotations.
void add_condition_options(CLI::App& app, ConditionOptions& options);

/// All of them, those of the command line first. None where one cannot be understood, which is said on
/// stderr.
[[nodiscard]] std::optional<std::vector<analyze::check::Condition>> read_conditions(
    const ConditionOptions& options);

/// 0.95 for "95%".
Result<double> parse_confidence(const std::string& text);

/// Fails where a report has no place, or two go to stdout.
Result<void> check_report_places(const ConditionOptions& options);

/// Writes text (unless stdout is taken), JSON, Markdown, JUnit XML and annotations.
Result<void> write_check_reports(const analyze::check::CheckResult& result, const ConditionOptions& options,
                                 const report::TextStyle& style);

/// What check, and compare with conditions, end with; 125 where Strobe failed (exit_status.h).
enum CheckStatus : int {
  kCheckPassed = 0,
  kCheckFailed = 1,     ///< a condition is true
  kCheckNotJudged = 2,  ///< none is known to be, but one could not be judged
};
[[nodiscard]] int exit_status_of(analyze::check::Verdict verdict);

}  // namespace strobe::cli
