// What the agent keeps of each thread: how far it is from its next sample, and the stack of its last
// allocation, since most of a thread's stack is the same at the next one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "python/core/frame_walk.h"

namespace strobe::heap::agent {

/// A frame of a walk that took rules only (frame_rows.h).
struct KnownFrame {
  uint64_t sp = 0;  ///< after the call has returned into it
  uint64_t return_address = 0;
  uint64_t fp = 0;
  uint64_t saved_fp_address =
      0;              ///< where its caller's frame pointer came from; 0: unchanged, or of no matter
  uint64_t code = 0;  ///< as nodes have it; not in frames that stay known
  uint32_t node = 0;
  bool uses_fp = false;     ///< its caller is found by the frame pointer
  bool fp_matters = false;  ///< so is this one's, or one further out that has the same frame pointer
};

/// A frame of the last stack in which Python frames stand between native ones, and its node.
struct MixedFrame {
  uint64_t code = 0;
  uint32_t detail = 0;
  uint32_t node = 0;
};

inline constexpr size_t kMaxFrames = 1024;
inline constexpr size_t kMaxPythonFrames = 1024;

struct Thread {
  uint32_t index = 0;       ///< the name of the thread in the ring; 0: it has none
  uint32_t generation = 0;  ///< of the nodes that the frames have
  bool busy = false;        ///< it is being used; a signal handler that finds it so leaves it alone
  uint64_t stack_low = 0;   ///< the part of its own stack that is known to be readable
  uint64_t stack_high = 0;
  size_t count = 0;  ///< frames of the last stack, outermost first
  KnownFrame frames[kMaxFrames];
  KnownFrame fresh[kMaxFrames];  ///< used during a walk
  static constexpr size_t kReadablePages = 64;
  uint64_t readable_pages[kReadablePages];  ///< numbers of pages, by their last bits
  size_t mixed_count = 0;
  MixedFrame mixed[kMaxFrames];  ///< outermost first
  uint32_t python_reads = 0;
  python::ChainFrame chain[kMaxPythonFrames];
  RawPythonFrame python[kMaxPythonFrames];  ///< innermost first
};

/// The part that the quick way needs, in the thread's own storage.
struct Countdown {
  /// Bytes until the next sample: an allocation of fewer takes the quick way. 0 at a thread's start, and
  /// always where all allocations are told.
  uint64_t bytes = 0;
  uint64_t random = 0;  ///< 0: not begun
  Thread* thread = nullptr;
  /// Calls of an allocator's own operators, or of the interpreter's allocator: what they ask malloc for is
  /// theirs.
  uint32_t inside = 0;
  uint32_t inside_python = 0;         ///< of them
  const void* inner_block = nullptr;  ///< the last one that malloc gave inside
  /// The last block that was sampled, and the countdown then: unchanged as long as nothing was allocated
  /// since.
  const void* last_block = nullptr;
  uint64_t last_bytes = 0;
};
extern constinit thread_local Countdown countdown;

/// This thread's, made on first use; null where there is no memory for it, and for too many threads.
[[nodiscard]] Thread* this_thread();
/// Has a thread's place given back when it ends. Once, before threads end.
void watch_thread_ends();
/// In the child after a fork: the other threads are gone.
void keep_this_thread_only();

}  // namespace strobe::heap::agent
