// What a profiler that sees every call knows, in place of samples: exact counts and the seconds between them.
// Read from the files of Python's cProfile. Plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "model/ids.h"

namespace strobe {

/// Of a function, or of the calls of one function by another.
struct CallCount {
  uint64_t calls = 0;
  uint64_t primitive_calls = 0;  ///< of them, those that were no recursion
  double self_seconds = 0;       ///< in the function itself
  double total_seconds = 0;      ///< in it and what it calls, recursion counted once
};

struct CallCounts {
  struct Edge {
    FunctionId caller;
    FunctionId callee;
    CallCount count;
  };
  std::vector<CallCount> functions;  ///< by FunctionId
  std::vector<Edge> edges;           ///< sorted by caller, callee; each pair once
};

}  // namespace strobe
