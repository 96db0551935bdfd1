#include "analyze/run_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/run_builder.h"

namespace strobe::analyze {
namespace {

using test::make_run;
using test::make_variant;

const MetricComparison& wall_of(const RunComparison& comparison) {
  const MetricComparison* wall = comparison.find(1, Metric::wall);
  EXPECT_NE(wall, nullptr);
  static const MetricComparison none;
  return wall != nullptr ? *wall : none;
}

TEST(CompareRuns, FiguresOfEachVariant) {
  const RunComparison comparison = compare_runs(test::threads_and_processes());
  ASSERT_EQ(comparison.variants.size(), 2u);
  const VariantSummary& processes = comparison.variants[1];
  EXPECT_EQ(processes.finished, 6u);
  EXPECT_DOUBLE_EQ(processes.value(Metric::wall), 1.10);
  EXPECT_NEAR(processes.speedup, 2.055 / 1.10, 1e-12);
  EXPECT_NEAR(processes.efficiency, (2.055 * 1.02) / (1.10 * 1.93), 1e-12);
  EXPECT_EQ(processes.exit_statuses, std::vector<int32_t>{0});
  EXPECT_TRUE(processes.has_states);
  EXPECT_TRUE(wall_of(comparison).significant);
  EXPECT_NEAR(wall_of(comparison).ratio->value, 1.10 / 2.055, 0.01);
  EXPECT_TRUE(comparison.find(1, Metric::pss_peak)->significant);
}

TEST(CompareRuns, FewRunsAreNotJudged) {
  const RunComparison comparison =
      compare_runs({make_variant("a", {1, 1.1, 1.2}), make_variant("b", {9, 9.1, 9.2})});
  EXPECT_EQ(wall_of(comparison).basis, Basis::not_judged);
  EXPECT_FALSE(wall_of(comparison).significant);
  const RunComparison four =
      compare_runs({make_variant("a", {1, 1.1, 1.2, 1.15}), make_variant("b", {9, 9.1, 9.2, 9.3})});
  EXPECT_TRUE(wall_of(four).significant) << "four runs each are enough for the clearest result";
}

TEST(CompareRuns, TriflesAreLeftOutHoweverSure) {
  const RunComparison comparison =
      compare_runs({make_variant("a", {1.0, 1.0001, 1.0002, 1.0003, 1.0004, 1.0005}),
                    make_variant("b", {1.005, 1.0051, 1.0052, 1.0053, 1.0054, 1.0055})});
  EXPECT_LE(wall_of(comparison).p_value, kRunSignificance);
  EXPECT_FALSE(wall_of(comparison).significant);
}

TEST(CompareRuns, RunsThatDidNotFinishDoNotCount) {
  std::vector<VariantRuns> variants = {make_variant("a", {1, 1, 1, 1, 1}),
                                       make_variant("b", {1, 1, 1, 1, 90})};
  variants[1].runs[4].end = RunEnd::timed_out;
  variants[1].runs[4].facts.exit_status = 143;
  variants[0].runs[0].end = RunEnd::crashed;
  variants[0].runs[0].facts.exit_status = 139;
  const RunComparison comparison = compare_runs(variants);
  EXPECT_EQ(comparison.variants[1].finished, 4u);
  EXPECT_EQ(comparison.variants[1].timed_out, 1u);
  EXPECT_DOUBLE_EQ(comparison.variants[1].value(Metric::wall), 1);
  EXPECT_EQ(comparison.variants[1].exit_statuses, std::vector<int32_t>{0})
      << "ended by us: no status of its own";
  EXPECT_EQ(comparison.variants[0].exit_statuses, (std::vector<int32_t>{0, 139}));
}

TEST(CompareRuns, AVariantWithoutAFinishedRunIsNotJudged) {
  std::vector<VariantRuns> variants = {make_variant("a", {1, 1, 1, 1}), make_variant("b", {2, 2})};
  for (RunSummary& run : variants[1].runs) run.end = RunEnd::timed_out;
  const RunComparison comparison = compare_runs(variants);
  EXPECT_EQ(comparison.find(1, Metric::wall), nullptr);
  EXPECT_TRUE(comparison.functions.empty());
  EXPECT_TRUE(std::ranges::any_of(comparison.verdict,
                                  [](const VerdictSentence& s) { return s.rule == "not_judged"; }));
}

TEST(CompareRuns, AFigureThatSomeRunsLackHasNoMedian) {
  std::vector<VariantRuns> variants = test::threads_and_processes();
  variants[1].runs[2].facts.pss_peak_bytes.reset();
  const RunComparison comparison = compare_runs(variants);
  EXPECT_FALSE(comparison.variants[1].has(Metric::pss_peak));
  EXPECT_EQ(comparison.find(1, Metric::pss_peak), nullptr);
  EXPECT_NE(comparison.find(1, Metric::rss_peak), nullptr);
}

TEST(CompareRuns, WhatMakesRecordingsLessComparableIsSaid) {
  std::vector<VariantRuns> variants = {make_variant("a", {1, 1}), make_variant("b", {1, 1})};
  for (RunSummary& run : variants[1].runs) {
    run.made.hostname = "other";
    run.made.period_ns = 99'991;
    run.made.rate_hz = 10'000;
    run.made.strobe_version = "0.2.0";
    run.warnings = {"5.1 % of the stacks are not complete"};
  }
  variants[1].runs[1].warnings = {"7.3 % of the stacks are not complete"};
  const std::vector<std::string> notes = compare_runs(variants).notes;
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_EQ(notes[0], "Different machines: host, other.");
  EXPECT_EQ(notes[1], "Different versions of Strobe: 0.1.0, 0.2.0.");
  EXPECT_EQ(notes[2], "Different rates: 1000 Hz, 10000 Hz.");
  EXPECT_EQ(notes[3], "b, 2 of 2 runs: 5.1 % of the stacks are not complete");
}

TEST(IsPrecise, GoesByWidthAlone) {
  const std::vector<double> narrow = {1.000, 1.002, 1.004, 1.001, 1.003, 1.005};
  std::vector<double> twice = narrow;
  for (double& wall : twice) wall *= 2;
  EXPECT_TRUE(is_precise({make_variant("a", narrow), make_variant("b", narrow)}, 0.01)) << "the same";
  EXPECT_TRUE(is_precise({make_variant("a", narrow), make_variant("b", twice)}, 0.01)) << "far apart";
  EXPECT_FALSE(is_precise({make_variant("a", narrow), make_variant("b", {1, 2, 1, 2, 1, 2})}, 0.01));
  EXPECT_FALSE(is_precise({make_variant("a", {1, 1, 1}), make_variant("b", {1, 1, 1})}, 0.5))
      << "three runs have no interval";
}

FunctionOfRun function_of(const std::string& name, double seconds) {
  FunctionOfRun function;
  function.function = {.name = name, .file = "/x/app.c", .line = 3, .module = "/x/app"};
  function.self = {seconds, {seconds * 0.9, seconds * 1.1}};
  function.total = function.self;
  return function;
}

/// Six runs of 1 s with these functions; each run is a little different.
VariantRuns variant_with(const std::string& name, const std::vector<FunctionOfRun>& functions,
                         size_t runs = 6) {
  VariantRuns variant = make_variant(name, std::vector<double>(runs, 1.0));
  for (size_t i = 0; i < runs; ++i) {
    variant.runs[i].functions = functions;
    for (FunctionOfRun& function : variant.runs[i].functions) {
      function.self.value += 0.0001 * static_cast<double>(i);
      function.total.value += 0.0001 * static_cast<double>(i);
    }
  }
  return variant;
}

TEST(FunctionsOfRuns, OnlyWhatDiffersAndMatters) {
  const RunComparison comparison =
      compare_runs({variant_with("a", {function_of("same", 0.5), function_of("slower", 0.2),
                                       function_of("tiny", 0.002), function_of("gone", 0.1)}),
                    variant_with("b", {function_of("same", 0.5), function_of("slower", 0.3),
                                       function_of("tiny", 0.006), function_of("fresh", 0.05)})});
  ASSERT_EQ(comparison.functions.size(), 1u);
  const FunctionComparison& functions = comparison.functions[0];
  EXPECT_EQ(functions.basis, Basis::runs);
  EXPECT_EQ(functions.compared, 4u) << "tiny is below 1 % on both sides";
  ASSERT_EQ(functions.functions.size(), 3u);
  EXPECT_EQ(functions.functions[0].presence, Presence::gone);
  EXPECT_EQ(functions.functions[1].function.name, "slower");
  EXPECT_TRUE(functions.functions[1].self.beyond);
  EXPECT_NEAR(functions.functions[1].self.difference(), 0.1, 1e-9);
  EXPECT_EQ(functions.functions[2].presence, Presence::fresh);
}

TEST(FunctionsOfRuns, OneRunEachKnowsTheErrorOfSamplingOnly) {
  const RunComparison comparison =
      compare_runs({variant_with("a", {function_of("same", 0.5), function_of("slower", 0.2)}, 1),
                    variant_with("b", {function_of("same", 0.52), function_of("slower", 0.4)}, 1)});
  ASSERT_EQ(comparison.functions.size(), 1u);
  EXPECT_EQ(comparison.functions[0].basis, Basis::sampling);
  ASSERT_EQ(comparison.functions[0].functions.size(), 1u);
  EXPECT_EQ(comparison.functions[0].functions[0].function.name, "slower");
  EXPECT_FALSE(comparison.find(1, Metric::wall)->significant);
}

TEST(FunctionsOfRuns, TwoRunsAreNoSetAndNoSample) {
  const RunComparison comparison = compare_runs(
      {variant_with("a", {function_of("f", 0.2)}, 2), variant_with("b", {function_of("f", 0.9)}, 2)});
  EXPECT_EQ(comparison.functions[0].basis, Basis::not_judged);
  EXPECT_TRUE(comparison.functions[0].functions.empty());
}

}  // namespace
}  // namespace strobe::analyze
