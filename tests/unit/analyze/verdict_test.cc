// The rules of docs/threads-or-processes.md, one by one.
#include "analyze/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/run_builder.h"

namespace strobe::analyze {
namespace {

using test::make_variant;

const VerdictSentence* find_rule(const RunComparison& comparison, const std::string& rule) {
  const auto found = std::ranges::find(comparison.verdict, rule, &VerdictSentence::rule);
  return found != comparison.verdict.end() ? &*found : nullptr;
}

std::string text_of(const RunComparison& comparison, const std::string& rule) {
  const VerdictSentence* sentence = find_rule(comparison, rule);
  return sentence != nullptr ? sentence->text : "no sentence of rule " + rule;
}

void set_state(VariantRuns& variant, ThreadState state, double share) {
  for (RunSummary& run : variant.runs) {
    run.facts.has_states = run.made.wall = true;
    run.facts.working_states[static_cast<size_t>(state)] = share * run.facts.working_seconds;
  }
}

const std::vector<double> kAbout1 = {1.00, 1.01, 0.99, 1.02, 1.00, 0.98};
const std::vector<double> kAbout2 = {2.00, 2.01, 1.99, 2.02, 2.00, 1.98};

TEST(Verdict, ThreadsOrProcesses) {
  const RunComparison comparison = compare_runs(test::threads_and_processes());
  EXPECT_EQ(text_of(comparison, "faster"), "processes is 1.86 × faster (95 %: 1.85–1.89).");
  EXPECT_EQ(text_of(comparison, "gil_bound"),
            "threads: 4 threads, parallelism 1.02; 74 % of thread time waits for the GIL in `compute` "
            "(work.py:12).");
  EXPECT_EQ(text_of(comparison, "more_at_once"),
            "processes is faster because more runs at once (parallelism 1.93 against 1.02).");
  EXPECT_EQ(text_of(comparison, "costs"),
            "processes costs 38.0 ms more CPU time for starting up and 3.09 × the memory (PSS 142 MB against "
            "46.0 MB).");
}

TEST(Verdict, EverySentenceOfFiguresHasEvidence) {
  const RunComparison comparison = compare_runs(test::threads_and_processes());
  ASSERT_GE(comparison.verdict.size(), 4u);
  for (const VerdictSentence& sentence : comparison.verdict)
    EXPECT_FALSE(sentence.evidence.empty()) << sentence.text;
}

TEST(Verdict, NoDifferenceSaysWhatCouldBeHidden) {
  const RunComparison narrow = compare_runs({make_variant("a", kAbout1), make_variant("b", kAbout1)});
  EXPECT_EQ(
      text_of(narrow, "no_difference"),
      "No difference between a and b: the ratio of their wall times is 1.00 (95 %: 0.98–1.02), within what "
      "runs differ by.");
  const std::vector<double> wide = {1, 2, 1, 2, 1, 2};
  const RunComparison unknown = compare_runs({make_variant("a", wide), make_variant("b", wide)});
  EXPECT_NE(text_of(unknown, "no_difference").find("could be hidden"), std::string::npos);
  EXPECT_EQ(find_rule(narrow, "faster"), nullptr);
}

TEST(Verdict, LessWorkIsNotMoreAtOnce) {
  const RunComparison comparison =
      compare_runs({make_variant("slow", kAbout2), make_variant("fast", kAbout1)});
  EXPECT_EQ(text_of(comparison, "less_cpu_time"),
            "fast is faster because it takes less CPU time (1.00 s against 2.00 s).");
  const RunComparison both =
      compare_runs({make_variant("slow", kAbout2), make_variant("fast", kAbout1, 1.5)});
  EXPECT_NE(find_rule(both, "both_parts"), nullptr);
}

TEST(Verdict, WhatThreadsWaitFor) {
  const struct {
    ThreadState state;
    const char* rule;
  } cases[] = {{ThreadState::lock, "lock_bound"},    {ThreadState::io, "io_bound"},
               {ThreadState::disk, "io_bound"},      {ThreadState::sleep, "sleep_bound"},
               {ThreadState::cond, "cond_bound"},    {ThreadState::child, "child_bound"},
               {ThreadState::runnable, "cpu_short"}, {ThreadState::on_cpu, "cpu_bound"},
               {ThreadState::gil, "gil_bound"}};
  for (const auto& c : cases) {
    std::vector<VariantRuns> variants = {make_variant("a", kAbout1), make_variant("b", kAbout1)};
    for (VariantRuns& variant : variants) {
      set_state(variant, ThreadState::on_cpu, 0.3);
      set_state(variant, c.state, 0.7);
    }
    EXPECT_NE(find_rule(compare_runs(variants), c.rule), nullptr) << c.rule;
  }
}

TEST(Verdict, TwoCausesAlikeAreNotToldApart) {
  std::vector<VariantRuns> variants = {make_variant("a", kAbout1), make_variant("b", kAbout1)};
  set_state(variants[0], ThreadState::lock, 0.45);
  set_state(variants[0], ThreadState::io, 0.40);
  set_state(variants[0], ThreadState::on_cpu, 0.15);
  const RunComparison comparison = compare_runs(variants);
  EXPECT_EQ(
      text_of(comparison, "no_single_cause"),
      "a: 1 thread, parallelism 1.00; 45 % of thread time waits for locks and 40 % of thread time waits for "
      "I/O: the two are not told apart.");
}

TEST(Verdict, WithoutStatesNoCauseIsGuessed) {
  const RunComparison comparison = compare_runs({make_variant("a", kAbout1), make_variant("b", kAbout2)});
  EXPECT_EQ(text_of(comparison, "states_unknown"),
            "a: 1 thread, parallelism 1.00; what its threads waited for was not recorded.");
}

TEST(Verdict, StartingUpAndCopying) {
  std::vector<VariantRuns> variants = {make_variant("a", kAbout1), make_variant("b", kAbout1)};
  for (RunSummary& run : variants[0].runs) run.facts.startup_seconds = 0.4;
  for (RunSummary& run : variants[1].runs) run.facts.copying_seconds = 0.3;
  const RunComparison comparison = compare_runs(variants);
  EXPECT_EQ(text_of(comparison, "startup_bound"), "a: starting up takes 40 % of its CPU time (400 ms).");
  EXPECT_EQ(text_of(comparison, "copy_bound"),
            "b: serialising and moving data between its processes takes 30 % of its CPU time (300 ms).");
}

TEST(Verdict, FailuresComeFirst) {
  std::vector<VariantRuns> variants = {make_variant("good", kAbout1), make_variant("bad", kAbout1)};
  variants[1].runs[0].end = RunEnd::timed_out;
  variants[1].runs[1].end = RunEnd::crashed;
  variants[1].runs[1].facts.exit_status = 139;
  variants[1].runs[2].left_running = 2;
  const RunComparison comparison = compare_runs(variants);
  ASSERT_GE(comparison.verdict.size(), 3u);
  EXPECT_EQ(comparison.verdict[0].text, "bad: 1 of 6 runs took too long and were ended; they are left out.");
  EXPECT_EQ(comparison.verdict[1].text,
            "bad: 1 of 6 runs crashed or could not be started (exit status 0, 139); they are left out.");
  EXPECT_EQ(comparison.verdict[2].rule, "left_running");
}

TEST(Verdict, OtherExitStatuses) {
  std::vector<VariantRuns> variants = {make_variant("a", kAbout1), make_variant("b", kAbout1)};
  for (RunSummary& run : variants[1].runs) run.facts.exit_status = 3;
  const RunComparison comparison = compare_runs(variants);
  EXPECT_EQ(text_of(comparison, "failed"),
            "b: runs ended with exit status 3: their figures may be those of a failure.");
  EXPECT_EQ(text_of(comparison, "exits_differently"),
            "a and b end differently (exit status 0 against exit status 3): they may not do the same work.");
}

TEST(Scaling, TheSerialFractionIsFound) {
  std::vector<VariantRuns> variants;
  const std::vector<double> workers = {1, 2, 4, 8};
  for (const double n : workers) {
    const double wall = 10 * (0.2 + 0.8 / n);
    variants.push_back(make_variant(std::to_string(static_cast<int>(n)),
                                    {wall, wall * 1.01, wall * 0.99, wall * 1.005, wall * 0.995}));
  }
  const RunComparison comparison = compare_runs(variants, {.scale = workers, .notes = {}});
  ASSERT_TRUE(comparison.scaling.has_value());
  const Scaling& scaling = *comparison.scaling;
  EXPECT_NEAR(scaling.serial_fraction, 0.2, 1e-9);
  ASSERT_TRUE(scaling.serial_interval.has_value());
  EXPECT_LE(scaling.serial_interval->low, 0.2);
  EXPECT_GE(scaling.serial_interval->high, 0.2);
  EXPECT_LT(scaling.serial_interval->high - scaling.serial_interval->low, 0.03);
  EXPECT_NEAR(scaling.points[3].speedup, 1 / (0.2 + 0.8 / 8), 1e-9);
  EXPECT_NEAR(scaling.points[3].efficiency, scaling.points[3].speedup / 8, 1e-9);
  EXPECT_LT(scaling.worst_residual, 1e-9);
  EXPECT_FALSE(scaling.stop.has_value());
}

TEST(Scaling, WhereItStopsAndInWhichStates) {
  std::vector<VariantRuns> variants = {make_variant("1", kAbout2), make_variant("2", kAbout1),
                                       make_variant("4", kAbout1, 2)};
  for (VariantRuns& variant : variants) set_state(variant, ThreadState::on_cpu, 1);
  for (RunSummary& run : variants[2].runs) run.facts.states[static_cast<size_t>(ThreadState::runnable)] = 2;
  const RunComparison comparison = compare_runs(variants, {.scale = {1, 2, 4}, .notes = {}});
  ASSERT_TRUE(comparison.scaling && comparison.scaling->stop);
  EXPECT_EQ(comparison.scaling->stop->from, 1u);
  EXPECT_EQ(
      text_of(comparison, "stops_scaling"),
      "It stops scaling at 2: with 4 it takes 1.00 × the time, parallelism 2.00 after 1.00; its threads "
      "spend more time in runnable (+2.00 s).");
}

}  // namespace
}  // namespace strobe::analyze
