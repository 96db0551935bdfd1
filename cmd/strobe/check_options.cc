#include "check_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>

#include "analyze/check_parser.h"
#include "console.h"
#include "option_text.h"
#include "report/check_report.h"
#include "views.h"
#include "workflow/check_baseline.h"

namespace strobe::cli {
namespace {

using analyze::check::CheckResult;
using analyze::check::Condition;

constexpr const char* kConditionGroup = "Conditions";
constexpr const char* kReportsGroup = "Reports";
constexpr double kLeastConfidence = 0.5;
constexpr double kMostConfidence = 0.9999;

std::string current_folder() {
  char path[PATH_MAX];
  return ::getcwd(path, sizeof path) != nullptr ? path : "";
}

bool takes_stdout(const ConditionOptions& options) {
  return options.json == "-" || options.markdown == "-" || options.junit == "-";
}

void say(const std::string& text) { write_text(STDERR_FILENO, "strobe: " + text); }

bool read_budget(const std::string& path, std::vector<Condition>& conditions) {
  Result<std::string> text = workflow::read_small_file(path, workflow::kMaxBudgetBytes);
  if (!text) {
    report_error(text.error());
    return false;
  }
  auto parsed = analyze::check::parse_budget(*text, path);
  if (parsed) {
    conditions.insert(conditions.end(), std::make_move_iterator(parsed->begin()),
                      std::make_move_iterator(parsed->end()));
    return true;
  }
  const analyze::check::BudgetError& error = parsed.error();
  if (error.line == 0) {
    report_error({ErrorCode::invalid_argument, path + ": " + error.error.message, error.error.hint});
  } else {
    say(report::write_syntax_error(fmt::format("{}:{}", path, error.line), error.text, error.error));
  }
  return false;
}

}  // namespace

void add_condition_options(CLI::App& app, ConditionOptions& options) {
  const auto add_list = [&](const char* name, std::vector<std::string>& values, const char* type,
                            const char* help) {
    app.add_option(name, values, help)
        ->type_name(type)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)  // what follows is a recording
        ->group(kConditionGroup);
  };
  add_list("--fail-if", options.fail_if, "EXPR", "What must not be true; may be repeated");
  add_list("--budget", options.budgets, "FILE", "A file with one such condition a line; may be repeated");
  app.add_option("--confidence", options.confidence, "How sure a change has to be to count [95%]")
      ->type_name("PERCENT")
      ->group(kConditionGroup);
  app.add_option("--junit", options.junit, "Also write the conditions as JUnit XML; - for stdout")
      ->type_name("FILE|-")
      ->group(kReportsGroup);
  app.add_flag("--annotations", options.annotations,
               "Also print GitHub-style annotations: ::error file=…,line=…::…")
      ->group(kReportsGroup);
}

std::optional<std::vector<Condition>> read_conditions(const ConditionOptions& options) {
  std::vector<Condition> conditions;
  for (const std::string& text : options.fail_if) {
    auto parsed = analyze::check::parse_expression(text);
    if (!parsed) {
      say(report::write_syntax_error("--fail-if", text, parsed.error()));
      return std::nullopt;
    }
    conditions.push_back({.expression = std::move(*parsed)});
  }
  for (const std::string& path : options.budgets) {
    if (!read_budget(path, conditions)) return std::nullopt;
  }
  return conditions;
}

Result<double> parse_confidence(const std::string& text) {
  Result<double> confidence = parse_percent(text);
  if (!confidence) return confidence;
  if (*confidence >= kLeastConfidence && *confidence <= kMostConfidence) return confidence;
  return fail(ErrorCode::invalid_argument, fmt::format("a confidence of {} is out of range", text),
              "give 50% to 99.99%: --confidence 99%");
}

Result<void> check_report_places(const ConditionOptions& options) {
  int to_stdout = 0;
  for (const std::string* place : {&options.json, &options.markdown, &options.junit}) {
    if (*place == "-") ++to_stdout;
    if (Result<void> checked = check_json_path(*place); !checked) return checked;
  }
  if (to_stdout > 1) {
    return fail(ErrorCode::invalid_argument, "only one report can go to standard output",
                "give files to the others");
  }
  return {};
}

Result<void> write_check_reports(const CheckResult& result, const ConditionOptions& options,
                                 const report::TextStyle& style) {
  if (!takes_stdout(options)) {
    const int fd = options.stdout_taken ? STDERR_FILENO : STDOUT_FILENO;
    Result<void> written = write_report(fd, report::write_check(result, style), "to standard output");
    if (!written) return written;
  }
  if (options.annotations) {
    const bool taken = options.stdout_taken || takes_stdout(options);
    const int fd = taken ? STDERR_FILENO : STDOUT_FILENO;
    Result<void> written =
        write_report(fd, report::write_annotations(result, current_folder()), "annotations");
    if (!written) return written;
  }
  Result<void> written = write_json_to(
      options.json, [&](const report::TextSink& sink) { report::write_json_check(result, sink); });
  if (!written) return written;
  written = write_json_to(options.markdown,
                          [&](const report::TextSink& sink) { sink(report::write_markdown_check(result)); });
  if (!written) return written;
  return write_json_to(options.junit,
                       [&](const report::TextSink& sink) { sink(report::write_junit_check(result)); });
}

int exit_status_of(analyze::check::Verdict verdict) {
  switch (verdict) {
    case analyze::check::Verdict::passed:
      return kCheckPassed;
    case analyze::check::Verdict::failed:
      return kCheckFailed;
    case analyze::check::Verdict::not_judged:
      return kCheckNotJudged;
  }
  return kCheckNotJudged;
}

}  // namespace strobe::cli
