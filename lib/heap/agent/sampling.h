// Which allocations a sample falls on, in mode `sampled`: points lie on the bytes that a thread allocates at
// distances of geometric distribution, so that each byte has the same chance whatever came before it.
#pragma once

#include <cstdint>

namespace strobe::heap::agent {

/// A distance in bytes with that mean, at least 1. `random` is a state that is never 0.
[[nodiscard]] uint64_t draw_distance(uint64_t& random, uint64_t mean);

}  // namespace strobe::heap::agent
