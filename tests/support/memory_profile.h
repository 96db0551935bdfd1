// A recording of memory, made by hand: the data of tests of the memory views.
#pragma once

#include "model/recording.h"

namespace strobe::test {

/// Two processes, the second forked from the first: allocations with recursion, a C extension below Python,
/// mappings, a stack without frames, blocks of many sizes, and what was resident meanwhile. Every number is
/// exact (mode all).
[[nodiscard]] Profile memory_profile();

/// The same as estimates from samples, with errors; a process that could not be seen.
[[nodiscard]] Profile sampled_memory_profile();

/// What a recording without --memory knows: counters of one process.
[[nodiscard]] Profile resident_profile();

}  // namespace strobe::test
