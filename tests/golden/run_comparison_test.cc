// Comparisons of runs as text, Markdown and JSON, from fixed figures. The JSON is checked against its schema
// by golden.json_schema.
#include "report/run_comparison.h"
#include "golden_file.h"
#include "support/run_builder.h"

namespace strobe::report {
namespace {

using analyze::RunComparison;
using test::expect_golden;

std::string json_of(const RunComparison& comparison) {
  std::string text;
  write_json_comparison(comparison, [&](std::string_view piece) { text += piece; });
  return text;
}

/// Everything that can go wrong, and names that are no names.
RunComparison troubled_comparison() {
  std::vector<analyze::VariantRuns> variants = test::threads_and_processes();
  variants.push_back(test::make_variant("third|<b>`x`\x1b[31m", {1.5, 1.4}));
  variants[2].command = "sh -c 'exit 3' # \xff\n# *not* a |heading|";
  for (analyze::RunSummary& run : variants[2].runs) run.facts.exit_status = 3;
  variants[0].runs[1].end = analyze::RunEnd::timed_out;
  variants[1].runs[2].end = analyze::RunEnd::crashed;
  variants[1].runs[2].facts.exit_status = 139;
  variants[1].runs[3].left_running = 1;
  variants[1].runs[3].made.hostname = "other";
  variants[1].runs[0].functions[0].function.name = "bad\nname|\x1b[2J";
  return compare_runs(variants, {.scale = {}, .notes = {"Ended after 6 runs of each."}});
}

RunComparison scaled_comparison() {
  std::vector<analyze::VariantRuns> variants = {
      test::make_variant("1", {4.00, 4.02, 3.98, 4.01, 4.00, 3.99}, 1.0),
      test::make_variant("2", {2.31, 2.30, 2.32, 2.29, 2.31, 2.30}, 1.75),
      test::make_variant("4", {2.33, 2.31, 2.34, 2.32, 2.30, 2.35}, 1.80)};
  return compare_runs(variants, {.scale = {1, 2, 4}, .notes = {}});
}

TEST(GoldenRunComparison, Text) {
  expect_golden("runs.txt", write_run_comparison(compare_runs(test::threads_and_processes()), {}, {}));
  expect_golden("runs_troubled.txt", write_run_comparison(troubled_comparison(), {.functions = 1}, {}));
  expect_golden("runs_scaled.txt",
                write_run_comparison(scaled_comparison(), {}, {.color = true, .width = 80}));
}

TEST(GoldenRunComparison, Markdown) {
  expect_golden("runs.md", write_markdown_comparison(compare_runs(test::threads_and_processes()), {}));
  expect_golden("runs_troubled.md", write_markdown_comparison(troubled_comparison(), {.functions = 1}));
}

TEST(GoldenRunComparison, Json) {
  expect_golden("runs.json", json_of(compare_runs(test::threads_and_processes())));
  expect_golden("runs_troubled.json", json_of(troubled_comparison()));
  expect_golden("runs_scaled.json", json_of(scaled_comparison()));
}

}  // namespace
}  // namespace strobe::report
