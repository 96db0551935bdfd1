// The Python frames of the calling thread, while it holds a state of the interpreter. Where the interpreter
// has its fields the reader of the ring knows; until it told, there are none.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "heap/agent/thread.h"
#include "heap/wire/ring.h"

namespace strobe::heap::agent {

class PythonReader {
 public:
  /// Memory that the object lives in is zeroed.
  void open(RingHeader& header) { header_ = &header; }

  /// How many frames thread.python has now; 0 where there are none, or they cannot be read whole.
  [[nodiscard]] size_t read(Thread& thread) {
    return header_->python_ready.load(std::memory_order_acquire) == 0 ? 0 : read_frames(thread);
  }
  /// Whether instructions are numbers and no addresses.
  [[nodiscard]] bool by_index() const { return layout_.minor <= 10; }

 private:
  size_t read_frames(Thread& thread);
  [[nodiscard]] bool prepare();

  RingHeader* header_;
  std::atomic<uint32_t> prepared_;
  std::atomic<uint32_t> watched_;  // whether the table of allocators was looked at since Python is known
  void* (*current_state_)();
  PythonWalkLayout layout_;
};

}  // namespace strobe::heap::agent
