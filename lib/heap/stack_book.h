// Sums by stack of what is allocated and live, and of what was live at the moment when most was. Pure; one
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "model/memory.h"

namespace strobe::heap {

/// Sums as they grow and shrink: whole numbers up to 2^53 are exact.
struct Amount {
  double bytes = 0;
  double count = 0;
  double variance = 0;

  void add(const Amount& other) {
    bytes += other.bytes;
    count += other.count;
    variance += other.variance;
  }
  void take(const Amount& other) {
    bytes -= other.bytes;
    count -= other.count;
    variance -= other.variance;
  }
};
[[nodiscard]] MemoryAmount rounded(const Amount& amount);

/// Of one stack.
struct StackHeap {
  Amount allocated;
  Amount live;
  Amount peak;  ///< live at the highest level: see StackBook::settled
  Amount temporary;
  uint64_t changed_at = 0;  ///< the change of the total that changed `live` last
  bool listed = false;      ///< among the changed ones
};

/// How much is live, and the most that ever was: of one book, or of several together.
struct HeapTotal {
  double live_bytes = 0;
  double peak_bytes = 0;
  uint64_t peak_ns = 0;
  uint64_t changes = 0;
  uint64_t peak_at = 0;  ///< the change that made it
};

class StackBook {
 public:
  /// `total`: what this book's blocks are part of; borrowed.
  explicit StackBook(HeapTotal& total) : total_(&total) {}

  void add(uint32_t stack, const Amount& worth, uint64_t time_ns);
  void take(uint32_t stack, const Amount& worth, bool temporary);
  /// What take() took was never gone.
  void take_back(uint32_t stack, const Amount& worth, bool temporary);

  /// Stacks whose sums changed since the last call; that a later peak made `peak` another does not count.
  [[nodiscard]] std::vector<uint32_t> take_changed();
  /// All that have any sums: for the last word on them.
  [[nodiscard]] std::vector<uint32_t> take_all();
  /// As of now. A stack that was named.
  [[nodiscard]] const StackHeap& settled(uint32_t stack);

 private:
  StackHeap& touch(uint32_t stack);
  void settle(StackHeap& heap) const;

  std::vector<StackHeap> stacks_;  // by node
  std::vector<uint32_t> changed_;
  HeapTotal* total_;
};

}  // namespace strobe::heap
