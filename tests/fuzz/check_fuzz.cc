// Hostile conditions, budgets and baselines of `strobe check`: whatever is written there, reading it ends,
// and what was understood can be judged, written and, as far as it is a limit or a quantity, read again.
#include <cstdint>
#include <string>
#include <string_view>

#include "analyze/check_evaluation.h"
#include "analyze/check_parser.h"
#include "report/check_report.h"
#include "workflow/check_baseline.h"

namespace {

using namespace strobe;
using namespace strobe::analyze::check;

void judge(std::vector<Condition> conditions, const std::vector<Run>& runs) {
  const Evidence evidence{.runs = runs, .baseline = runs};
  const CheckResult result = judge_conditions(conditions, evidence, 0.95);
  if (result.conditions.size() != conditions.size()) __builtin_trap();
  static_cast<void>(report::write_check(result, {}));
  static_cast<void>(report::write_junit_check(result));
  static_cast<void>(report::write_markdown_check(result));
  if (report::write_annotations(result, "/tmp").find("\n\n") != std::string::npos) __builtin_trap();
  report::write_json_check(result, [](std::string_view) {});
}

/// What a run says about these quantities, of made-up numbers.
Run run_of(const std::vector<Measure>& measures) {
  Run run;
  for (const Measure& measure : measures)
    run.measures[text_of(measure)] = {
        .value = 1, .whole = 2, .sampled = 1, .sampled_of = 2, .effective_samples = 9};
  return run;
}

void check_expression(std::string_view text) {
  auto parsed = parse_expression(text);
  if (!parsed) {
    if (parsed.error().position > text.size() || parsed.error().message.empty()) __builtin_trap();
    static_cast<void>(report::write_syntax_error("fuzz", std::string(text), parsed.error()));
    return;
  }
  if (parsed->terms.empty() || parsed->nodes.size() > kMaxExpressionNodes) __builtin_trap();
  for (const Term& term : parsed->terms) {
    // What a term is printed as means the same.
    const auto again = parse_expression(text_of(term));
    if (!again || text_of(again->terms.front()) != text_of(term)) __builtin_trap();
    static_cast<void>(matches_name(term.measure.pattern, text));
  }
  std::vector<Condition> conditions{{.expression = *parsed}};
  judge(conditions, {run_of(measures_of(conditions))});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_expression(text);
  if (auto budget = parse_budget(text, "fuzz.budget")) judge(std::move(*budget), {Run{}});
  const auto runs = workflow::decode_baseline(text, "fuzz.json");
  if (runs) {
    std::vector<Condition> conditions{
        {.expression = *parse_expression("total.wall > +5% or total.cpu < -3ms")}};
    judge(std::move(conditions), *runs);
    std::string written;
    report::write_json_baseline(*runs, [&](std::string_view piece) { written += piece; });
    const auto again = workflow::decode_baseline(written, "again.json");
    if (!again || again->size() != runs->size()) __builtin_trap();
  }
  return 0;
}
