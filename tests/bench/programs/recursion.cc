// The functions stay out of line, so that every level of the recursion is a frame.
#include "recursion.h"

#include <alloca.h>

namespace recursion {
namespace {

uint64_t second(int depth, uint64_t value, size_t padding);
uint64_t third(int depth, uint64_t value, size_t padding);

[[gnu::noinline]] uint64_t leaf_scramble(uint64_t value) { return scramble_often(value, 10); }

[[gnu::noinline]] uint64_t leaf_sum(const uint64_t* values, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) sum += values[i] * static_cast<uint64_t>(i + 1);
  return sum;
}

/// The bottom: most of the time is spent here, `depth` frames down.
[[gnu::noinline]] uint64_t bottom(uint64_t value) {
  uint64_t values[6];
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 6; ++i) values[i] = value + static_cast<uint64_t>(i);
    value ^= leaf_scramble(value) + leaf_sum(values, 6);
    value += scramble_often(value, 4);
  }
  return value;
}

}  // namespace

[[gnu::noinline]] uint64_t first(int depth, uint64_t value, size_t padding) {
  volatile char* pad = nullptr;
  if (padding != 0) {
    pad = static_cast<volatile char*>(alloca(padding));
    pad[0] = 1;
    pad[padding - 1] = 2;
  }
  if (depth <= 0) return bottom(value);
  const uint64_t below = second(depth - 1, value + 1, padding);
  return below + (pad != nullptr ? static_cast<uint64_t>(pad[0]) : 0) + scramble(value);
}

namespace {

[[gnu::noinline]] uint64_t second(int depth, uint64_t value, size_t padding) {
  if (depth <= 0) return bottom(value);
  const uint64_t below = (value & 1) != 0 ? third(depth - 1, scramble(value), padding)
                                          : first(depth - 1, leaf_scramble(value), padding);
  return below ^ value;
}

[[gnu::noinline]] uint64_t third(int depth, uint64_t value, size_t padding) {
  if (depth <= 0) return bottom(value);
  const uint64_t below = first(depth - 1, value * 3, padding);
  return scramble_often(below, 2) - value;
}

}  // namespace
}  // namespace recursion
