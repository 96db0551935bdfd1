// What docs/comparing.md claims of the method, checked with the run times of real programs: equal programs
// are called different in at most 5 of 100 comparisons, and 5 % are found in 90 of 100 with 20 runs each
// where runs vary by 4 %. Runs are drawn from recorded_runs.h with replacement, from a fixed seed.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "analyze/run_comparison.h"
#include "recorded_runs.h"

namespace strobe::analyze {
namespace {

constexpr int kTrials = 400;
constexpr size_t kRuns = 20;
constexpr double kVariation = 0.04;

/// Times of one program around 1, their coefficient of variation made kVariation: the shape is theirs.
std::vector<double> scaled_times(const std::vector<double>& recorded) {
  const auto count = static_cast<double>(recorded.size());
  const double mean = std::accumulate(recorded.begin(), recorded.end(), 0.0) / count;
  double squares = 0;
  for (const double time : recorded) squares += (time / mean - 1) * (time / mean - 1);
  const double variation = std::sqrt(squares / (count - 1));
  std::vector<double> scaled;
  for (const double time : recorded) scaled.push_back(1 + (time / mean - 1) * kVariation / variation);
  return scaled;
}

std::vector<double> draw(const std::vector<double>& times, double factor, Draws& draws) {
  std::vector<double> drawn(kRuns);
  for (double& time : drawn) time = factor * times[draws.below(times.size())];
  return drawn;
}

/// In how many trials the second program is found to differ: what the verdict goes by.
int count_found(const std::vector<double>& times, double factor, uint64_t seed) {
  Draws draws(seed);
  int found = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::vector<double> a = draw(times, 1, draws);
    const std::vector<double> b = draw(times, factor, draws);
    found += judge_values(a, b).significant ? 1 : 0;
  }
  return found;
}

class Method : public ::testing::TestWithParam<RecordedRuns> {};

TEST_P(Method, EqualProgramsAreEqual) {
  const int found = count_found(scaled_times(GetParam().milliseconds), 1, 11);
  RecordProperty("found", found);
  EXPECT_LE(found, kTrials * 5 / 100);
}

TEST_P(Method, FivePercentAreFound) {
  const int found = count_found(scaled_times(GetParam().milliseconds), 1.05, 12);
  RecordProperty("found", found);
  EXPECT_GE(found, kTrials * 90 / 100);
}

INSTANTIATE_TEST_SUITE_P(RecordedRuns, Method, ::testing::ValuesIn(recorded_runs()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace strobe::analyze
