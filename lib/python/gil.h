// The GIL of each interpreter: who holds it, and where a thread that waits for it sleeps. Any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/memory_reader.h"
#include "python/runtime.h"

namespace strobe::python {

struct Gil {
  uint64_t address = 0;  ///< of its struct _gil_runtime_state; interpreters may share one
  uint64_t holder = 0;   ///< thread state that holds it; 0 nobody
  /// A thread whose futex call is about an address in [wait_begin, wait_end) waits for this GIL: there are
  /// its mutexes and condition variables.
  uint64_t wait_begin = 0;
  uint64_t wait_end = 0;
};

/// Each GIL once; none in a free-threaded process that has not switched it on.
[[nodiscard]] std::vector<Gil> find_gils(MemoryReader& memory, const Runtime& runtime);

}  // namespace strobe::python
