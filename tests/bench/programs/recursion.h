// The common work of n1, n2 and floor: three functions that call each other in turn down to a given depth,
// with small leaves, some of them inlined. Deterministic in its arguments.
#pragma once

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

/// Goes `depth` frames down and works there; `padding` bytes are added to every other frame or so, so that
/// stacks become as large as wanted.
uint64_t first(int depth, uint64_t value, size_t padding);

}  // namespace recursion
