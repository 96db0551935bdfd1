// The call stack of an allocation, as a node of the tree. Exact by CFI; what a thread's last stack has in
// common with this one is checked word by word instead of being walked again. No allocation.
#pragma once

#include <cstdint>

#include "heap/agent/python_reader.h"
#include "heap/agent/stack_nodes.h"
#include "heap/agent/thread.h"

namespace strobe::heap::agent {

/// Whoever called the function of the C library that the agent stands for.
struct CallSite {
  uint64_t return_address = 0;
  uint64_t sp = 0;  ///< once the call has returned
  uint64_t fp = 0;
};

/// Of the function that this is written in: it has to be reached by a call, or a jump, from the program.
[[nodiscard]] __attribute__((always_inline)) inline CallSite call_site() {
  const auto* frame = static_cast<const uint64_t*>(__builtin_frame_address(0));
  return {frame[1], reinterpret_cast<uint64_t>(frame + 2), frame[0]};
}

struct FoundStack {
  uint32_t node = StackNodes::kNone;
  bool cut = false;  ///< does not reach the thread's start
};

[[nodiscard]] FoundStack find_stack(Thread& thread, const CallSite& site, StackNodes& nodes,
                                    PythonReader& python);

}  // namespace strobe::heap::agent
