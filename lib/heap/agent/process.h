// The agent's part of a process: its ring, its stacks, its sampled blocks. All of it lies in memory that the
// kernel clears in the child of a fork, so that a child begins with a ring of its own when it first has
// something to tell.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "heap/agent/sampled_blocks.h"
#include "heap/agent/stack_nodes.h"
#include "heap/agent/stack_walk.h"
#include "heap/wire/ring.h"

namespace strobe::heap::agent {

/// What the environment asks for. Children inherit it with the memory.
struct Settings {
  static constexpr size_t kMaxFolder = 200;

  std::atomic<Mode> mode;    ///< off until the environment was read, and where something went wrong
  bool known = false;        ///< the environment was read
  bool opened_once = false;  ///< in this program: who opens again is the child of a fork
  bool python_allocators = false;
  uint64_t interval_bytes = 0;
  char folder[kMaxFolder + 1] = {};
};
extern constinit Settings settings;

class Process {
 public:
  /// This process's, with its ring; null where it has none: too early, off, or this thread is making it.
  [[nodiscard]] static Process* get_or_open();
  /// Null also where it has none yet: nothing was told that could be taken back.
  [[nodiscard]] static Process* get_if_open();

  /// Tells what happened to a block; in mode `all` waits for room. Cuts the size to what a slot holds.
  void tell(EventKind kind, const void* block, size_t size, uint32_t stack);
  /// The caller's stack; counts those that cannot be had.
  [[nodiscard]] uint32_t find_stack(const CallSite& site);
  [[nodiscard]] SampledBlocks& sampled() { return sampled_; }
  void count_lost() { header_->lost.fetch_add(1, std::memory_order_relaxed); }
  /// Code went away.
  void begin_stacks_anew();

 private:
  friend struct Opening;

  [[nodiscard]] bool wait_for_room(uint64_t number);
  void turn_off(OffReason reason);

  std::atomic<uint32_t> state_;    // see process.cc
  std::atomic<uint32_t> opening_;  // lock
  RingHeader* header_;
  Slot* slots_;
  uint64_t slot_count_;
  StackNodes nodes_;
  PythonReader python_;
  std::atomic<uint32_t> generation_;  // of the nodes: unique over all processes that share a history
  SampledBlocks sampled_;
};

}  // namespace strobe::heap::agent
