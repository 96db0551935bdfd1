// Regions of a running process's memory, copied twice in one go, so that what changed in between shows. One
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_reader.h"

namespace strobe::python {

class DoubleCopy {
 public:
  struct Region {
    uint64_t begin = 0;
    uint64_t size = 0;
    uint32_t unused = 0;  ///< how many walks have not needed it
  };
  enum class Copy : uint8_t { first, second };

  /// Adds a region, or widens the one that begins there; false where it is too much.
  bool add(uint64_t begin, uint64_t size);
  void remove(uint64_t begin);
  void clear() { regions_.clear(); }
  /// Counts a walk: regions that were not needed for a while are removed.
  void age();

  /// Reads `before`, all regions, all regions again, and `after`. A region that cannot be read is removed and
  /// the reading fails; `before_failed` where it is one of `before`, to which there is no other way.
  [[nodiscard]] bool read(MemoryReader& memory, std::span<const MemoryPiece> before,
                          std::span<const MemoryPiece> after, bool& before_failed);

  /// Bytes of one copy; empty where no region holds them all.
  [[nodiscard]] std::span<const std::byte> find(Copy copy, uint64_t address, size_t size);

 private:
  std::vector<Region> regions_;    // by begin
  std::vector<uint64_t> offsets_;  // of the regions that were read, within each copy
  std::vector<std::byte> bytes_;   // the two copies
  std::vector<MemoryPiece> pieces_;
  uint64_t total_ = 0;
};

/// One of the copies as memory. What it lacks is read from the process, noted, and limited.
class CopyMemory final : public MemoryReader {
 public:
  CopyMemory(DoubleCopy& copies, DoubleCopy::Copy copy, MemoryReader& live, size_t max_misses)
      : copies_(&copies), copy_(copy), live_(&live), max_misses_(max_misses) {}

  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;
  struct Miss {
    uint64_t address = 0;
    size_t size = 0;
  };
  [[nodiscard]] const std::vector<Miss>& misses() const { return misses_; }

 private:
  DoubleCopy* copies_;
  DoubleCopy::Copy copy_;
  MemoryReader* live_;
  size_t max_misses_;
  std::vector<Miss> misses_;
};

}  // namespace strobe::python
