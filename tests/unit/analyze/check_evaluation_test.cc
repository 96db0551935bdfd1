// What conditions amount to: limits, changes, what is not known, and how these join.
#include "analyze/check_evaluation.h"

#include <gtest/gtest.h>

#include "analyze/check_parser.h"

namespace strobe::analyze::check {
namespace {

Measured known(double value, double whole = 0) { return {.value = value, .whole = whole}; }

/// `hits` of `samples`, that stand for a millisecond each.
Measured sampled(double hits, double samples) {
  return {.value = hits / 1000,
          .whole = samples / 1000,
          .sampled = hits / 1000,
          .sampled_of = samples / 1000,
          .effective_samples = samples};
}

Run run_of(std::map<std::string, Measured> measures, const std::string& path = "a.strobe") {
  Run run{.origin = {.path = path, .hostname = "host", .architecture = "x86_64", .rate_hz = 1000}};
  run.measures = std::move(measures);
  return run;
}

std::vector<Condition> conditions_of(const std::vector<const char*>& texts) {
  std::vector<Condition> conditions;
  for (const char* text : texts) conditions.push_back({.expression = *parse_expression(text)});
  return conditions;
}

CheckResult judge(const std::vector<const char*>& texts, const Evidence& evidence, double confidence = 0.95) {
  return judge_conditions(conditions_of(texts), evidence, confidence);
}

Verdict verdict(const char* text, const Evidence& evidence, double confidence = 0.95) {
  return judge({text}, evidence, confidence).verdict;
}

Evidence usual() {
  Evidence evidence;
  evidence.runs = {run_of(
      {{"total.wall", known(2)},
       {"total.cpu", known(4)},
       {"quality.complete", known(0.9)},
       {"states.io", known(1, 8)},
       {"function(\"f\").total", sampled(600, 2000)},
       {"memory.peak",
        {.state = Measured::State::missing, .reason = "memory was not recorded", .hint = "record it"}}})};
  return evidence;
}

TEST(CheckEvaluation, LimitsAreComparedWithTheValue) {
  const Evidence evidence = usual();
  EXPECT_EQ(verdict("total.wall > 1.9s", evidence), Verdict::failed);
  EXPECT_EQ(verdict("total.wall > 2s", evidence), Verdict::passed);
  EXPECT_EQ(verdict("total.wall >= 2s", evidence), Verdict::failed);
  EXPECT_EQ(verdict("total.wall < 2s", evidence), Verdict::passed);
  EXPECT_EQ(verdict("total.wall <= 2s", evidence), Verdict::failed);
  EXPECT_EQ(verdict("quality.complete < 95%", evidence), Verdict::failed);
  EXPECT_EQ(verdict("states.io > 12%", evidence), Verdict::failed);  // 1 of 8 seconds
  EXPECT_EQ(verdict("states.io > 13%", evidence), Verdict::passed);
  EXPECT_EQ(verdict("function(\"f\").total > 29%", evidence), Verdict::failed);
}

TEST(CheckEvaluation, UnknownGoesThroughAndOrNot) {
  const Evidence evidence = usual();
  const char* unknown = "memory.peak > 1MB";
  EXPECT_EQ(verdict(unknown, evidence), Verdict::not_judged);
  const struct {
    const char* text;
    Verdict verdict;
  } kCases[] = {
      {"not memory.peak > 1MB", Verdict::not_judged},
      {"memory.peak > 1MB or total.wall > 1s", Verdict::failed},
      {"memory.peak > 1MB or total.wall > 9s", Verdict::not_judged},
      {"memory.peak > 1MB and total.wall > 9s", Verdict::passed},
      {"memory.peak > 1MB and total.wall > 1s", Verdict::not_judged},
      {"not (memory.peak > 1MB and total.wall > 9s)", Verdict::failed},
  };
  for (const auto& expected : kCases)
    EXPECT_EQ(verdict(expected.text, evidence), expected.verdict) << expected.text;
}

TEST(CheckEvaluation, FailedWinsOverNotJudgedAndThatOverPassed) {
  const Evidence evidence = usual();
  EXPECT_EQ(judge({"total.wall > 9s", "memory.peak > 1MB"}, evidence).verdict, Verdict::not_judged);
  EXPECT_EQ(judge({"memory.peak > 1MB", "total.wall > 1s"}, evidence).verdict, Verdict::failed);
  EXPECT_EQ(judge({"total.wall > 9s"}, evidence).verdict, Verdict::passed);
}

TEST(CheckEvaluation, WhatIsMissingSaysWhy) {
  const CheckResult result = judge({"memory.peak > 1MB", "lock(\"x\").wait > 1s"}, usual());
  EXPECT_EQ(result.conditions[0].terms[0].reason, "memory was not recorded");
  EXPECT_EQ(result.conditions[0].terms[0].hint, "record it");
  EXPECT_EQ(result.conditions[1].terms[0].truth, Truth::unknown);
}

TEST(CheckEvaluation, SampledChangesCountBeyondTheNoiseOnly) {
  Evidence evidence = usual();
  const auto with_baseline = [&](double hits) {
    evidence.baseline = {run_of({{"function(\"f\").total", sampled(hits, 2000)}})};
    return verdict("function(\"f\").total > +5%", evidence);
  };
  EXPECT_EQ(with_baseline(300), Verdict::failed);      // doubled
  EXPECT_EQ(with_baseline(600), Verdict::not_judged);  // the same, but 2,000 samples cannot tell 5 %
  EXPECT_EQ(with_baseline(900), Verdict::passed);      // a third less
  evidence.baseline = {run_of({{"function(\"f\").total", sampled(600, 2000)}})};
  EXPECT_EQ(verdict("function(\"f\").total > +30%", evidence), Verdict::passed);
  EXPECT_EQ(verdict("function(\"f\").total > +300ms", evidence), Verdict::passed);
  EXPECT_EQ(verdict("function(\"f\").total < -300ms", evidence), Verdict::passed);
  const CheckResult result = judge({"function(\"f\").total > +1%"}, evidence);
  EXPECT_NE(result.conditions[0].terms[0].reason.find("within the noise"), std::string::npos);
  ASSERT_TRUE(result.conditions[0].terms[0].change.has_value());
  EXPECT_FALSE(result.conditions[0].terms[0].change->accounted);
}

TEST(CheckEvaluation, OneRecordingEachIsSaid) {
  Evidence evidence = usual();
  evidence.baseline = {run_of({{"total.wall", known(1.8)}})};
  const CheckResult result = judge({"total.wall > +5%"}, evidence);
  EXPECT_EQ(result.verdict, Verdict::failed);
  ASSERT_EQ(result.notes.size(), 1U);
  EXPECT_NE(result.notes[0].find("one recording on each side"), std::string::npos);
  EXPECT_NE(result.notes[0].find("any change counts"), std::string::npos);
}

Evidence several(const std::vector<double>& before, const std::vector<double>& now) {
  Evidence evidence;
  for (const double value : before) evidence.baseline.push_back(run_of({{"total.wall", known(value)}}));
  for (const double value : now) evidence.runs.push_back(run_of({{"total.wall", known(value)}}));
  return evidence;
}

TEST(CheckEvaluation, SeveralRunsAreJudgedByWhatTheyDifferBy) {
  const Evidence slower = several({2.00, 2.02, 1.98, 2.01}, {2.40, 2.42, 2.38, 2.41});
  EXPECT_EQ(verdict("total.wall > +5%", slower), Verdict::failed);
  EXPECT_EQ(verdict("total.wall > +25%", slower), Verdict::passed);
  const Evidence noisy = several({2.0, 2.3, 1.8, 2.1}, {2.1, 2.4, 1.9, 2.2});
  EXPECT_EQ(verdict("total.wall > +5%", noisy), Verdict::not_judged);
  EXPECT_EQ(verdict("total.wall > +5%", several({2, 2, 2}, {4, 4, 4})), Verdict::not_judged);
  // At 99 % four of each are too few.
  EXPECT_EQ(verdict("total.wall > +5%", slower, 0.99), Verdict::not_judged);
  const CheckResult result = judge({"total.wall > +5%"}, slower);
  EXPECT_EQ(result.conditions[0].terms[0].change->basis, NoiseBasis::runs);
}

TEST(CheckEvaluation, TheMedianOfSeveralRunsIsComparedWithALimit) {
  const CheckResult result = judge({"total.wall > 2s"}, several({}, {1.9, 2.2, 2.1}));
  EXPECT_EQ(result.verdict, Verdict::failed);
  ASSERT_EQ(result.conditions[0].terms[0].notes.size(), 1U);
  EXPECT_NE(result.conditions[0].terms[0].notes[0].find("2 of 3"), std::string::npos);
}

TEST(CheckEvaluation, WithoutABaselineChangesAreNotJudgedButLimitsAre) {
  Evidence evidence = usual();
  evidence.no_baseline = "there is no baseline b.json";
  evidence.baseline_hint = "make one";
  const CheckResult result = judge({"total.wall > +5%", "total.wall > 1s"}, evidence);
  EXPECT_EQ(result.conditions[0].verdict, Verdict::not_judged);
  EXPECT_EQ(result.conditions[0].terms[0].reason, "there is no baseline b.json");
  EXPECT_EQ(result.conditions[0].terms[0].hint, "make one");
  EXPECT_EQ(result.conditions[1].verdict, Verdict::failed);
}

TEST(CheckEvaluation, ABaselineWithoutTheQuantityIsSaid) {
  Evidence evidence = usual();
  evidence.baseline = {run_of({})};
  const CheckResult result = judge({"total.wall > +5%"}, evidence);
  EXPECT_EQ(result.verdict, Verdict::not_judged);
  EXPECT_NE(result.conditions[0].terms[0].reason.find("the baseline does not tell"), std::string::npos);
}

TEST(CheckEvaluation, ANameThatNothingHasIsNotZero) {
  Measured nameless = sampled(0, 2000);
  nameless.state = Measured::State::nameless;
  nameless.reason = "no function named \"g\" was seen";
  Evidence evidence;
  evidence.runs = {run_of({{"function(\"g\").total", nameless}})};
  EXPECT_EQ(verdict("function(\"g\").total > 1s", evidence), Verdict::not_judged);
  // Known before: then it is gone, which is judged.
  evidence.baseline = {run_of({{"function(\"g\").total", sampled(500, 2000)}})};
  EXPECT_EQ(verdict("function(\"g\").total > 1s", evidence), Verdict::passed);
  EXPECT_EQ(verdict("function(\"g\").total > +5%", evidence), Verdict::passed);
  EXPECT_EQ(verdict("function(\"g\").total < -50%", evidence), Verdict::failed);
  // New: more than any percentage, beyond the noise.
  std::swap(evidence.runs, evidence.baseline);
  EXPECT_EQ(verdict("function(\"g\").total > +5%", evidence), Verdict::failed);
}

TEST(CheckEvaluation, OtherMachinesAreNotedAndOtherArchitecturesRefused) {
  Evidence evidence = usual();
  evidence.baseline = {run_of({{"total.wall", known(1.8)}})};
  evidence.baseline[0].origin.hostname = "elsewhere";
  evidence.baseline[0].origin.rate_hz = 100;
  CheckResult result = judge({"total.wall > +5%"}, evidence);
  EXPECT_EQ(result.verdict, Verdict::failed);
  ASSERT_EQ(result.notes.size(), 3U);
  EXPECT_NE(result.notes[0].find("different machines: host, in the baseline elsewhere"), std::string::npos);
  EXPECT_NE(result.notes[1].find("different rates: 1000 Hz, in the baseline 100 Hz"), std::string::npos);
  evidence.baseline[0].origin.architecture = "aarch64";
  result = judge({"total.wall > +5%", "total.wall > 1s"}, evidence);
  EXPECT_EQ(result.conditions[0].verdict, Verdict::not_judged);
  EXPECT_EQ(result.conditions[1].verdict, Verdict::failed);
}

TEST(CheckEvaluation, ABaselineYoungerThanTheRecordingIsNoted) {
  Evidence evidence = usual();
  evidence.baseline = {run_of({{"total.wall", known(2)}})};
  evidence.baseline[0].origin.start_unix_ns = 5;
  const CheckResult result = judge({"total.wall > 9s"}, evidence);
  ASSERT_EQ(result.notes.size(), 1U);
  EXPECT_NE(result.notes[0].find("recorded after"), std::string::npos);
}

std::vector<Run> runs_of(std::initializer_list<double> walls, const std::string& path) {
  std::vector<Run> runs;
  for (const double wall : walls) runs.push_back(run_of({{"total.wall", known(wall)}}, path));
  return runs;
}

TEST(CheckEvaluation, TheFirstSideIsTheBaselineOfTheOthers) {
  const Side first{"first", runs_of({1.00, 1.01, 1.02, 1.03, 1.04}, "1.strobe")};
  const Side equal{"equal", runs_of({1.005, 1.01, 1.025, 1.03, 1.035}, "2.strobe")};
  const Side slow{"slow", runs_of({2.00, 2.01, 2.02, 2.03, 2.04}, "3.strobe")};
  const auto conditions = conditions_of({"total.wall > +10%"});
  EXPECT_EQ(judge_sides(conditions, {first, equal}, 0.95).verdict, Verdict::passed);
  EXPECT_EQ(judge_sides(conditions, {slow, first}, 0.95).verdict, Verdict::passed) << "faster";
  const CheckResult two = judge_sides(conditions, {first, slow}, 0.95);
  EXPECT_EQ(two.verdict, Verdict::failed);
  ASSERT_EQ(two.conditions.size(), 1U);
  EXPECT_TRUE(two.conditions[0].condition.name.empty()) << "there is no other side";
  const CheckResult three = judge_sides(conditions, {first, slow, equal}, 0.95);
  EXPECT_EQ(three.verdict, Verdict::failed);
  ASSERT_EQ(three.conditions.size(), 2U);
  EXPECT_EQ(three.conditions[0].condition.name, "slow: total.wall > +10%");
  EXPECT_EQ(three.conditions[0].verdict, Verdict::failed);
  EXPECT_EQ(three.conditions[1].condition.name, "equal: total.wall > +10%");
  EXPECT_EQ(three.conditions[1].verdict, Verdict::passed);
  EXPECT_EQ(three.runs.size(), 10U);
  EXPECT_EQ(three.baseline.size(), 5U);
}

TEST(CheckEvaluation, OfSidesAFailureWinsOverWhatCannotBeJudged) {
  const Side first{"first", runs_of({1}, "1.strobe")};
  const Side unknown{"unknown", {run_of({}, "2.strobe")}};
  const Side slow{"slow", runs_of({3}, "3.strobe")};
  const auto conditions = conditions_of({"total.wall > 2s"});
  EXPECT_EQ(judge_sides(conditions, {first, unknown, first}, 0.95).verdict, Verdict::not_judged);
  EXPECT_EQ(judge_sides(conditions, {first, unknown, slow}, 0.95).verdict, Verdict::failed);
  EXPECT_EQ(judge_sides(conditions, {first, slow, unknown}, 0.95).verdict, Verdict::failed);
}

TEST(CheckEvaluation, MeasuresAreCollectedOnce) {
  const auto conditions =
      conditions_of({"total.wall > 1s and total.cpu > 1s", "total.wall > 2s or function(\"f\").self > 1s"});
  EXPECT_EQ(measures_of(conditions).size(), 3U);
}

}  // namespace
}  // namespace strobe::analyze::check
