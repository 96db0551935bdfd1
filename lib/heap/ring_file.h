// The reader's side of one process's ring (wire/ring.h). Whoever wrote the file may be hostile or have ended
// at any moment: sizes are checked once and kept here, every word is checked as it is taken. One thread.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "heap/wire/ring.h"
#include "model/python_walk.h"

namespace strobe::heap {

struct Event {
  EventKind kind = EventKind::none;
  uint32_t thread = 0;  ///< 0: not known
  uint32_t stack = 0;   ///< a node; 0: none
  uint64_t address = 0;
  uint64_t size = 0;
};

class RingFile {
 public:
  /// nullopt: not ready yet.
  static Result<std::optional<RingFile>> open(const std::string& path);
  RingFile(RingFile&& other) noexcept;
  RingFile& operator=(RingFile&&) = delete;
  ~RingFile();

  [[nodiscard]] pid_t pid() const { return pid_; }  ///< in the process's own namespace
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] uint64_t interval_bytes() const { return interval_bytes_; }
  [[nodiscard]] uint64_t started_ns() const { return started_ns_; }

  /// Takes what was committed, at most a ring's worth; the number of events. `sink(event)`: also for events
  /// that make no sense.
  template <class Sink>
  uint64_t drain(Sink&& sink) {
    const uint64_t begin = consumed_;
    while (consumed_ - begin < slot_count_) {
      const Slot& slot = slots_[consumed_ & (slot_count_ - 1)];
      const uint64_t head = slot.head.load(std::memory_order_acquire);
      if (head >> kPhaseShift != phase()) break;
      const uint64_t body = slot.body.load(std::memory_order_relaxed);
      ++consumed_;
      Event event = decode(head, body);
      if (event.stack >= nodes_seen_) check_stack(event);
      sink(event);
      if (consumed_ % kBatch == 0) publish();
    }
    publish();
    return consumed_ - begin;
  }
  /// Of a process that is gone: also what lies behind slots that were never committed. How many these were.
  template <class Sink>
  uint64_t drain_rest(Sink&& sink) {
    uint64_t holes = 0;
    const uint64_t end = std::min(reserved(), consumed_ + slot_count_);
    while (consumed_ < end) {
      if (drain(sink) == 0 && consumed_ < end) {
        ++holes;
        ++consumed_;
      }
    }
    return holes;
  }

  /// Nodes that are there, the root included. Nodes below the count that was seen never change for the
  /// reader.
  [[nodiscard]] uint32_t node_count() const;
  [[nodiscard]] Node node(uint32_t id) const { return nodes_[id]; }  ///< id < node_count() as it was once
  /// Gets storage for more nodes where few are left.
  void provide_nodes();

  /// Nodes of code that was gone by then (CLOCK_MONOTONIC): all below the result.
  [[nodiscard]] uint32_t nodes_gone_by(uint64_t time_ns) const;
  [[nodiscard]] uint64_t lost() const;
  [[nodiscard]] uint64_t cut_stacks() const;
  [[nodiscard]] uint64_t no_stacks() const;
  [[nodiscard]] OffReason off_reason() const;
  /// Tells the agent how to walk Python's frames. Once.
  void tell_python(const PythonWalkLayout& layout);
  /// Tells the agent that nothing more is taken.
  void close() { header_->closed.store(1, std::memory_order_relaxed); }

 private:
  static constexpr uint64_t kBatch = 4096;

  RingFile() = default;
  [[nodiscard]] uint64_t phase() const { return ((consumed_ >> slot_bits_) + 1) & 1; }
  [[nodiscard]] static Event decode(uint64_t head, uint64_t body);
  [[nodiscard]] uint64_t reserved() const;
  /// A stack that is not there is none.
  void check_stack(Event& event) {
    nodes_seen_ = node_count();
    if (event.stack >= nodes_seen_) event.stack = 0;
  }
  void publish();
  Result<bool> take_header(size_t file_bytes);

  UniqueFd fd_;
  RingHeader* header_ = nullptr;
  size_t bytes_ = 0;
  const Slot* slots_ = nullptr;
  const Node* nodes_ = nullptr;
  uint64_t slot_count_ = 0;
  int slot_bits_ = 0;
  uint64_t node_capacity_ = 0;
  uint64_t nodes_ready_ = 0;
  uint32_t nodes_seen_ = 0;
  uint64_t consumed_ = 0;
  pid_t pid_ = 0;
  Mode mode_ = Mode::off;
  uint64_t interval_bytes_ = 0;
  uint64_t started_ns_ = 0;
};

}  // namespace strobe::heap
