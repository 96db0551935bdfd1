// The part of `strobe compare` that is about several runs of each variant: making them or reading them, and
// showing what they come to.
#pragma once

#include <optional>
#include <string>

#include "check_options.h"
#include "compare_words.h"
#include "options.h"

namespace strobe::cli {

struct CompareRunOptions {
  uint32_t warmup = 1;
  std::optional<uint32_t> runs;
  std::string precision;  ///< empty: as usual
  uint32_t max_runs = 30;
  std::string max_time = "10m";
  std::string timeout;
  std::string keep;
  std::string json;
  std::string markdown;
  std::string rate = "1k";
  std::string engine = "auto";
  bool no_wall = false;
  bool no_args = false;
  bool show_output = false;
  bool quiet = false;
};
void add_compare_run_options(CLI::App& app, CompareRunOptions& options);

/// What was asked for beside the variants.
struct CompareQuestions {
  const CompareRunOptions* runs = nullptr;
  const ReportOptions* report = nullptr;  ///< how many functions are shown, and their names
  const ConditionOptions* conditions = nullptr;
  double confidence = 0;  ///< of the conditions
};

/// Variants or sets, and the conditions on them.
int compare_runs(const CompareWords& words, const CompareQuestions& questions, const ReportRequest& request);

/// --json and --markdown of two recordings, which have their own view. `check` is null without conditions.
Result<void> write_comparison_files(const CompareWords& words, const CompareRunOptions& options,
                                    const ReportRequest& request, const analyze::check::CheckResult* check);

/// Whether standard output is for the comparison's text.
[[nodiscard]] bool leaves_stdout(const CompareRunOptions& options, const ConditionOptions& conditions);

/// What conditions came to, beside a comparison: text, JUnit XML and annotations, and the exit status.
int report_check(const analyze::check::CheckResult& result, const CompareRunOptions& options,
                 const ConditionOptions& conditions, const report::TextStyle& style);

}  // namespace strobe::cli
