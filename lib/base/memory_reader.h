// The memory of a process as unwinder and Python reader see it: a live process, the agent's own process,
// or a recorded image in tests. Usable in freestanding cores: no allocation, no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace strobe {

/// A piece of memory to read: `out` is filled with the bytes at `address`.
struct MemoryPiece {
  uint64_t address = 0;
  std::span<std::byte> out;
};

class MemoryReader {
 public:
  /// Fills `out` with the bytes at `address`; false, with `out` unspecified, when any of them cannot be read.
  [[nodiscard]] virtual bool read_memory(uint64_t address, std::span<std::byte> out) = 0;

  /// Reads the pieces in their order, as close to each other in time as it can. How many of them, from the
  /// first on, were filled; the content of the others is unspecified.
  [[nodiscard]] virtual size_t read_many(std::span<const MemoryPiece> pieces) {
    size_t count = 0;
    while (count < pieces.size() && read_memory(pieces[count].address, pieces[count].out)) ++count;
    return count;
  }

 protected:
  ~MemoryReader() = default;  // never deleted through this interface
};

}  // namespace strobe
