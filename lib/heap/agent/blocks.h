// What the agent does when a block comes or goes: whether it is told, and how. The functions that the program
// calls (interpose_*.cc) ask countdown and filter first, and come here where these say so.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/agent/process.h"
#include "heap/agent/thread.h"

namespace strobe::heap::agent {

/// Who cut a block from memory that it had.
enum class Giver : uint8_t { malloc, python };

/// Whether an allocation of that many bytes can pass unseen.
[[nodiscard]] inline bool passes(size_t size) {
  if (size >= countdown.bytes) return false;
  countdown.bytes -= size;
  return true;
}

/// While it lives, calls of malloc and free are part of what calls them and not told.
class Inside {
 public:
  /// `countdown_bytes`: with 0 malloc notes each block as countdown.inner_block, with kPassAll none.
  explicit Inside(uint64_t countdown_bytes) : bytes_(countdown.bytes) {
    ++countdown.inside;
    countdown.bytes = countdown_bytes;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() {
    countdown.bytes = bytes_;
    --countdown.inside;
  }

 private:
  uint64_t bytes_;
};
inline constexpr uint64_t kPassAll = UINT64_MAX / 2;

/// A block that did not pass was allocated: after the real function gave it.
void allocated(const void* block, size_t size, const CallSite& site, Giver giver = Giver::malloc);
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
  void done(const void* result, size_t size, bool passed, const CallSite& site, Giver giver = Giver::malloc);

 private:
  const void* block_;
  Process* process_ = nullptr;
};

}  // namespace strobe::heap::agent
