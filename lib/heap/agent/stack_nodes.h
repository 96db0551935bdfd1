// The tree of call stacks in the ring: finds the node of a frame below its caller's, or adds it. Looking up
// takes no lock; adding takes one, which a signal handler that interrupted its holder does not wait for.
#pragma once

#include <atomic>
#include <cstdint>

#include "heap/wire/ring.h"

namespace strobe::heap::agent {

class StackNodes {
 public:
  static constexpr uint32_t kNone = 0;

  /// Memory that the object lives in is zeroed.
  [[nodiscard]] bool open(RingHeader& header, Node* nodes);

  /// kNone where there is no room for it, or this thread is adding one right now.
  [[nodiscard]] uint32_t find_or_add(uint32_t parent, uint64_t code, uint32_t detail = 0);
  /// What is found from now on is new: code went away, and other code may come to its place.
  void begin_anew();

 private:
  struct Index {
    uint32_t mask = 0;
    std::atomic<uint32_t> places[1];  // mask + 1 of them: node ids
  };
  static Index* make_index(uint32_t capacity);
  [[nodiscard]] uint32_t find(const Index& index, uint32_t parent, uint64_t code, uint32_t detail,
                              uint32_t& place) const;
  [[nodiscard]] uint32_t add(uint32_t parent, uint64_t code, uint32_t detail);
  [[nodiscard]] bool has_storage(uint32_t id);
  [[nodiscard]] bool grow();

  RingHeader* header_;
  Node* nodes_;
  std::atomic<Index*> index_;  // replaced under the lock; older ones stay for those who read them
  uint32_t first_ = 0;         // older nodes are not found any more
  std::atomic<uint32_t> adding_;
};

}  // namespace strobe::heap::agent
