// The common work of n1, n2 and floor: three functions that call each other in turn down to a given depth,
// with small leaves, some of them inlined. Deterministic in its arguments.
#pragma once

#include <alloca.h>

#include <cstddef>
#include <cstdint>

namespace recursion {

inline uint64_t scramble(uint64_t value) {
  value ^= value >> 31;
  value *= 0x7fb5d329728ea185ull;
  value ^= value >> 27;
  return value * 0x81dadef4bc2dd44dull;
}

inline uint64_t scramble_often(uint64_t value, int times) {
  for (int i = 0; i < times; ++i) value = scramble(value + static_cast<uint64_t>(i));
  return value;
}

[[gnu::noinline]] inline uint64_t leaf_scramble(uint64_t value) { return scramble_often(value, 10); }

[[gnu::noinline]] inline uint64_t leaf_sum(const uint64_t* values, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) sum += values[i] * static_cast<uint64_t>(i + 1);
  return sum;
}

[[gnu::noinline]] inline uint64_t second(int depth, uint64_t value, size_t padding);
[[gnu::noinline]] inline uint64_t third(int depth, uint64_t value, size_t padding);

/// The bottom: most of the time is spent here, `depth` frames down.
[[gnu::noinline]] inline uint64_t bottom(uint64_t value) {
  uint64_t values[6];
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 6; ++i) values[i] = value + static_cast<uint64_t>(i);
    value ^= leaf_scramble(value) + leaf_sum(values, 6);
    value += scramble_often(value, 4);
  }
  return value;
}

/// `padding` bytes are added to every frame of this one, so that stacks become as large as wanted.
[[gnu::noinline]] inline uint64_t first(int depth, uint64_t value, size_t padding) {
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

[[gnu::noinline]] inline uint64_t second(int depth, uint64_t value, size_t padding) {
  if (depth <= 0) return bottom(value);
  const uint64_t below = (value & 1) != 0 ? third(depth - 1, scramble(value), padding)
                                          : first(depth - 1, leaf_scramble(value), padding);
  return below ^ value;
}

[[gnu::noinline]] inline uint64_t third(int depth, uint64_t value, size_t padding) {
  if (depth <= 0) return bottom(value);
  const uint64_t below = first(depth - 1, value * 3, padding);
  return scramble_often(below, 2) - value;
}

}  // namespace recursion
