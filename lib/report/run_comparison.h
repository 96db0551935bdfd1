// Comparisons of runs for people (text), programs (JSON, strobe-compare/1) and the step summaries of CI
// systems (Markdown). The same figures in all of them; everything foreign is escaped.
#pragma once

#include <string>

#include "analyze/check_evaluation.h"
#include "analyze/run_comparison.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace strobe::report {

struct RunCompareTextOptions {
  size_t functions = 10;  ///< rows of each list of functions; 0: all
  bool strip_directories = false;
};
[[nodiscard]] std::string write_run_comparison(const analyze::RunComparison& comparison,
                                               const RunCompareTextOptions& options, const TextStyle& style);

[[nodiscard]] std::string write_markdown_comparison(const analyze::RunComparison& comparison,
                                                    const RunCompareTextOptions& options);

/// docs/formats/strobe-compare-1.schema.json. `check` is what conditions came to; null where there were none.
void write_json_comparison(const analyze::RunComparison& comparison, const TextSink& sink,
                           const analyze::check::CheckResult* check = nullptr);

}  // namespace strobe::report
