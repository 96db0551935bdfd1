// What the agent does when a block comes or goes: whether it is told, and how. The functions that the program
// calls (interpose_*.cc) ask countdown and filter first, and come here where these say so.
#pragma once

#include <cstddef>

#include "heap/agent/process.h"
#include "heap/agent/thread.h"

namespace strobe::heap::agent {

/// Whether an allocation of that many bytes can pass unseen.
[[nodiscard]] inline bool passes(size_t size) {
  if (size >= countdown.bytes) return false;
  countdown.bytes -= size;
  return true;
}

/// A block that did not pass was allocated: after the real function gave it.
void allocated(const void* block, size_t size, const CallSite& site);
/// A block goes: before the real function gets it.
void releasing(const void* block);

/// The program's own mappings: after they were made, before they go. All are told, whatever the mode.
void mapped(const void* place, size_t size, const CallSite& site);
void unmapping(const void* place, size_t size);

/// Around a realloc of a block, for the thread that does it.
class Reallocation {
 public:
  explicit Reallocation(const void* block);
  /// `result`: of the real function; `passed` as the new size did.
  void done(const void* result, size_t size, bool passed, const CallSite& site);

 private:
  const void* block_;
  Process* process_ = nullptr;
};

}  // namespace strobe::heap::agent
