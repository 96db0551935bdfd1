// Every report of `strobe check` on fixed profiles, byte for byte.
#include "analyze/check_parser.h"
#include "golden_file.h"
#include "report/check_report.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze::check;
using test::expect_golden;

constexpr const char* kBudget =
    "# something of everything\n"
    "CPU time: total.cpu > 1s\n"
    "tree: function(\"walk*\").total > +5%\n"
    "sums: function(\"sum*\").total > +300% or total.threads > 100\n"
    "waiting: states.io > 10% and total.cpu > 1s\n"
    "quality.complete < 0.5\n"
    "misspelled: function(\"wlk(Node*)\").self > 10%\n"
    "noise: not line(\"main.cc:14\").total <= +0.1%\n"
    "hostile: module(\"*\\\"<&|`%\xef\xbf\xbf\").self > 1s\n";

/// `profile` after a change: the tree takes longer.
Profile slower(Profile profile) {
  const StackId walk = profile.samples[700].stack;
  const ThreadId thread = profile.samples[700].thread;
  for (int i = 0; i < 250; ++i)
    profile.samples.push_back({.thread = thread, .stack = walk, .stack_class = StackClass::complete});
  profile.threads[0].cpu_ns += 250'000'000;
  profile.info.hostname = "elsewhere";
  profile.quality.samples.stored += 250;
  return profile;
}

std::vector<Condition> budget() {
  auto conditions = parse_budget(kBudget, "ci/budget,1.txt");
  EXPECT_TRUE(conditions) << conditions.error().error.message;
  conditions->back().name = "hostile \x1b[31m, %0A::error::<b>&\"|`'*]]>\n::error::x";
  conditions->push_back({.expression = *parse_expression("total.wall > 1s")});
  return std::move(*conditions);
}

CheckResult judged() {
  const std::vector<Condition> conditions = budget();
  const std::vector<Measure> measures = measures_of(conditions);
  Evidence evidence;
  evidence.runs = {measure_run(slower(test::varied_profile()), "now.strobe", measures)};
  evidence.baseline = {measure_run(test::varied_profile(), "before.strobe", measures)};
  return judge_conditions(conditions, evidence, 0.95);
}

std::string json_of(const CheckResult& result) {
  std::string text;
  write_json_check(result, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(GoldenCheck, Reports) {
  const CheckResult result = judged();
  expect_golden("check.txt", write_check(result, {}));
  expect_golden("check_terminal.txt", write_check(result, {.color = true, .width = 80}));
  expect_golden("check.md", write_markdown_check(result));
  expect_golden("check.xml", write_junit_check(result));
  expect_golden("check_annotations.txt", write_annotations(result, "/src"));
  expect_golden("check.json", json_of(result));
}

TEST(GoldenCheck, AllWellAndNoBaseline) {
  std::vector<Condition> conditions{{.expression = *parse_expression("total.cpu < 1s")}};
  Evidence evidence;
  evidence.runs = {measure_run(test::varied_profile(), "now.strobe", measures_of(conditions))};
  evidence.no_baseline = "there is no baseline b.json";
  evidence.baseline_hint = "make one: strobe check RECORDING --save-baseline b.json";
  const CheckResult well = judge_conditions(conditions, evidence, 0.95);
  conditions.push_back({.expression = *parse_expression("total.cpu > +5%")});
  const CheckResult unknown = judge_conditions(conditions, evidence, 0.99);
  expect_golden("check_passed.txt", write_check(well, {}) + write_markdown_check(well) +
                                        write_junit_check(well) + write_annotations(well, "") +
                                        write_check(unknown, {}));
  expect_golden("check_unknown.json", json_of(unknown));
}

TEST(GoldenCheck, HostileNames) {
  const std::vector<Condition> conditions{
      {.expression = *parse_expression("function(\"clear*\").self > 1ms or function(\"a*\").total > +1%")}};
  Evidence evidence;
  evidence.runs = {measure_run(test::hostile_profile(), "now\n::error::x.strobe", measures_of(conditions))};
  const CheckResult result = judge_conditions(conditions, evidence, 0.95);
  expect_golden("check_hostile.txt", write_check(result, {}) + write_markdown_check(result) +
                                         write_junit_check(result) + write_annotations(result, "/src"));
  expect_golden("check_hostile.json", json_of(result));
}

TEST(GoldenCheck, Baseline) {
  std::vector<Measure> measures = plain_measures();
  for (const Measure& measure : measures_of(budget())) measures.push_back(measure);
  std::string text;
  write_json_baseline({measure_run(test::varied_profile(), "before.strobe", measures)},
                      [&](std::string_view piece) { text += piece; });
  expect_golden("check_baseline.json", text);
}

TEST(GoldenCheck, SyntaxErrors) {
  std::string text;
  for (const std::string& expression :
       {std::string("total.wal > 2s"),
        std::string("total.wall > 2s and function(\"\xe6\x97\xa5\xe6\x9c\xac\").slef > 1s"),
        std::string("total.wall > 2s \x1b[31m"), std::string(300, ' ') + "x", std::string("total.wall > 5%"),
        std::string(), std::string(5000, 'x')}) {
    const auto parsed = parse_expression(expression);
    ASSERT_FALSE(parsed);
    text += write_syntax_error("--fail-if", expression, parsed.error());
  }
  expect_golden("check_syntax.txt", text);
}

}  // namespace
}  // namespace strobe::report
