// Stacks that threads had a moment ago, completed from their live memory: where a truncated stack goes on
// like them, its rest is known although the memory has changed meanwhile or the process is gone. Believed
// only as long as everything seen of a thread agrees: not once a frame was reached in two ways. One thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "unwind/unwinder.h"

namespace strobe::unwind {

/// A frame, and the stack pointer in it: together they tell it from other activations of its function.
struct StackedFrame {
  UnwoundFrame frame;
  uint64_t sp = 0;
  friend bool operator==(const StackedFrame&, const StackedFrame&) = default;
};

class RecentStacks {
 public:
  static constexpr uint64_t kMaxAgeNs = 1'000'000'000;
  static constexpr uint64_t kIntervalNs = 2'000'000;  ///< between two that are kept of a thread
  static constexpr size_t kNeeded = 2;                ///< of a thread, before they are believed
  static constexpr size_t kKept = 16;                 ///< of a thread
  static constexpr size_t kMaxThreads = 64;           ///< the one that was quiet for longest is forgotten
  static constexpr size_t kFramesCompared = 16;       ///< next to the place where a stack was cut

  /// `space` is the generation of the thread's address space: other mappings, other stacks.
  struct Key {
    pid_t tid = 0;
    uint64_t space = 0;
    uint64_t time_ns = 0;  ///< of the sample
  };

  /// Keeps a whole stack, innermost frame first.
  void remember(const Key& key, std::span<const StackedFrame> stack);
  /// A stack that the thread had at some time near the sample: only to be compared with those that are kept.
  void compare(const Key& key, std::span<const StackedFrame> stack);
  /// Whether compare() can still tell something new about this thread.
  [[nodiscard]] bool wants_comparison(const Key& key) const;
  /// What lies beyond the last frame of `cut`; empty where it is not known. Valid until the next remember().
  [[nodiscard]] std::span<const StackedFrame> find_rest(const Key& key,
                                                        std::span<const StackedFrame> cut) const;

 private:
  struct Stack {
    void assign(uint64_t time, std::span<const StackedFrame> stack);
    uint64_t time_ns = 0;
    std::vector<StackedFrame> frames;
    std::vector<uint64_t> rest_hashes;  ///< by frame: of all frames beyond it
  };
  struct Thread {
    pid_t tid = 0;
    uint64_t space = 0;
    uint64_t last_ns = 0;
    size_t next = 0;
    bool ambiguous = false;  ///< from the first disagreement on, for good
    std::array<Stack, kKept> stacks;
  };

  Thread& thread_of(const Key& key);
  [[nodiscard]] const Thread* find(const Key& key) const;

  static bool disagree(const Stack& a, const Stack& b);

  std::vector<Thread> threads_;
  Stack compared_;  // reused
};

}  // namespace strobe::unwind
