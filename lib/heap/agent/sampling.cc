#include "heap/agent/sampling.h"

#include <bit>

namespace strobe::heap::agent {
namespace {

/// xorshift64* (Vigna, 2016).
uint64_t next_random(uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1Dull;
}

/// The logarithm of m in [1, 2), by the series of atanh: log m = 2 (t + t^3/3 + …) with t = (m-1)/(m+1) ≤
/// 1/3, so that 8 terms leave an error below 1e-9. The C library's own would need its library of mathematics.
double log_of_mantissa(double m) {
  const double t = (m - 1) / (m + 1);
  const double square = t * t;
  double sum = 0;
  for (int k = 15; k > 0; k -= 2) sum = sum * square + 1.0 / k;
  return 2 * t * sum;
}

}  // namespace

uint64_t draw_distance(uint64_t& random, uint64_t mean) {
  constexpr double kLog2 = 0.69314718055994530942;
  // u = bits / 2^53 in (0, 1]; -log u, its exponent and mantissa apart.
  const uint64_t bits = (next_random(random) >> 11) + 1;
  const int exponent = 63 - std::countl_zero(bits);
  const double mantissa = static_cast<double>(bits) / static_cast<double>(uint64_t{1} << exponent);
  const double minus_log = (53 - exponent) * kLog2 - log_of_mantissa(mantissa);
  const double distance = minus_log * static_cast<double>(mean);
  return distance < 1 ? 1 : static_cast<uint64_t>(distance) + 1;
}

}  // namespace strobe::heap::agent
