// The agent's distances between samples: of geometric distribution, so that every byte has the same chance.
#include "heap/agent/sampling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace strobe::heap::agent {
namespace {

TEST(Sampling, DistancesAreGeometric) {
  constexpr uint64_t kMean = 1000;
  constexpr int kDraws = 1'000'000;
  uint64_t random = 12345;
  double sum = 0;
  std::array<int, 20> deciles{};  // by the probability that a distance is no longer
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t distance = draw_distance(random, kMean);
    ASSERT_GE(distance, 1U);
    sum += static_cast<double>(distance);
    // P(distance <= d) = 1 - exp(-d / mean); spread evenly within the step that whole numbers make.
    const double below = 1 - std::exp(-(static_cast<double>(distance) - 0.5) / kMean);
    ++deciles[static_cast<size_t>(below * 20)];
  }
  EXPECT_NEAR(sum / kDraws, 1000.5, 4 * 1000 / std::sqrt(kDraws));
  double chi_square = 0;
  for (const int count : deciles) chi_square += std::pow(count - kDraws / 20.0, 2) / (kDraws / 20.0);
  EXPECT_LT(chi_square, 60)
      << "19 degrees of freedom: above once in two million times by chance, and the same "
         "every time, as the seed is; whole numbers add a little";
}

TEST(Sampling, SmallAndLargeMeansHold) {
  for (const uint64_t mean : {uint64_t{1}, uint64_t{1} << 45}) {
    uint64_t random = 99;
    double sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += static_cast<double>(draw_distance(random, mean));
    const double exact = mean == 1 ? 1 / (1 - std::exp(-1.0)) : static_cast<double>(mean);
    EXPECT_NEAR(sum / 100'000 / exact, 1, 0.02) << mean;
  }
}

}  // namespace
}  // namespace strobe::heap::agent
