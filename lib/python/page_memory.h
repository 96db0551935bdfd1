// Memory of a thread that stands still, read page by page: the frames of a stack lie close together, so a
// page serves many of them. For one walk; its content is outdated as soon as the thread runs. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/memory_reader.h"

namespace strobe::python {

class PageMemory final : public MemoryReader {
 public:
  explicit PageMemory(MemoryReader& memory) : memory_(&memory) {}  // borrowed

  /// Forgets all pages; the storage is kept.
  void clear() { used_ = 0; }
  /// Reads [begin, end) in one call, as far as it goes and is of a plausible size.
  void preload(uint64_t begin, uint64_t end);

  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

 private:
  struct Piece {
    uint64_t begin = 0;
    std::vector<std::byte> bytes;
  };
  [[nodiscard]] bool add(uint64_t begin, size_t size);
  [[nodiscard]] const Piece* find(uint64_t address, size_t size) const;

  MemoryReader* memory_;
  std::vector<Piece> pieces_;
  size_t used_ = 0;
};

}  // namespace strobe::python
