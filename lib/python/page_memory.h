// Memory of a thread that stands still, read page by page: the frames of a stack lie close together, so a
// page serves many of them. For one walk; its content is outdated as soon as the thread runs. One thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/memory_reader.h"

namespace strobe::python {

class PageMemory final : public MemoryReader {
 public:
  explicit PageMemory(MemoryReader& memory) : memory_(&memory) {}  // borrowed

  /// Forgets all pages; the storage is kept.
  void clear();
  /// Reads [begin, end) in one call, as far as it goes and is of a plausible size.
  void preload(uint64_t begin, uint64_t end);

  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

 private:
  [[nodiscard]] const std::byte* find_page(uint64_t begin);

  MemoryReader* memory_;
  uint64_t preloaded_begin_ = 0;
  std::vector<std::byte> preloaded_;
  std::unordered_map<uint64_t, size_t> offsets_;  // of pages in bytes_
  std::vector<std::byte> bytes_;
};

}  // namespace strobe::python
