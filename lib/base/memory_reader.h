// The memory of a process as unwinder and Python reader see it: a live process, the agent's own process,
// or a recorded image in tests. Usable in freestanding cores: no allocation, no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace strobe {

class MemoryReader {
 public:
  /// Fills `out` with the bytes at `address`; false, with `out` unspecified, when any of them cannot be read.
  [[nodiscard]] virtual bool read_memory(uint64_t address, std::span<std::byte> out) = 0;

 protected:
  ~MemoryReader() = default;  // never deleted through this interface
};

}  // namespace strobe
