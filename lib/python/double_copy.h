// Pages of a running process's memory, copied twice in one go, so that what changed in between shows. Whole
// pages, because the kernel's work is by page, and the frames of a stack lie close together. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_reader.h"

namespace strobe::python {

class DoubleCopy {
 public:
  enum class Copy : uint8_t { first, second };

  /// Adds the pages that hold [begin, begin + size); false where that is too much.
  bool add(uint64_t begin, uint64_t size);
  /// Counts a walk: pages that were not needed for a while are removed.
  void age();

  /// Reads `before`, all pages, all pages again, and `after`, so that every first copy is older than every
  /// second one: what is equal in both existed at one instant. Pages that cannot be read are removed and the
  /// reading fails; `lost` where it is a piece of `before` or `after` that cannot be read.
  [[nodiscard]] bool read(MemoryReader& memory, std::span<const MemoryPiece> before,
                          std::span<const MemoryPiece> after, bool& lost);

  /// Bytes of one copy; empty where it does not hold them all.
  [[nodiscard]] std::span<const std::byte> find(Copy copy, uint64_t address, size_t size);

 private:
  struct Page {
    uint64_t begin = 0;
    uint32_t unused = 0;  // how many walks have not needed it
  };

  void add_pages(size_t copy);

  std::vector<Page> pages_;       // by begin
  std::vector<std::byte> bytes_;  // the two copies, pages in the order of pages_
  std::vector<MemoryPiece> pieces_;
  size_t copied_ = 0;  // pages in one copy
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
