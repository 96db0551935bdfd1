// The thread states of an operating system thread: looked up in a list that is read again when the target's
// own lists show that threads came. One process, one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/memory_reader.h"
#include "python/runtime.h"

namespace strobe::python {

class ThreadFinder {
 public:
  /// Both borrowed.
  ThreadFinder(MemoryReader& memory, const Runtime& runtime) : memory_(&memory), runtime_(&runtime) {}

  /// The states of the thread with this id in the target's PID namespace, newest interpreter first; empty for
  /// a thread that runs no Python. Valid until the next call. `now_ns`: any clock.
  std::span<const PythonThread> find(pid_t native_id, uint64_t now_ns);

  /// A state that find() gave turned out to be another thread's: the list is read again next time.
  void forget() { listed_ = false; }

 private:
  [[nodiscard]] bool heads_changed();
  void list(uint64_t now_ns);

  MemoryReader* memory_;
  const Runtime* runtime_;
  bool listed_ = false;
  uint64_t listed_ns_ = 0;
  uint64_t checked_ns_ = 0;
  uint64_t patience_ns_ = 0;  // before threads that are not in the list are looked for again
  ThreadListHeads heads_;
  std::vector<uint64_t> head_ids_;  // what the first state of each interpreter has as its id
  std::unordered_map<pid_t, std::vector<PythonThread>> threads_;
};

}  // namespace strobe::python
