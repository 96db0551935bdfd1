// Memory of a live process, through process_vm_readv: reads only, never stops or writes anything. The process
// is named by pid, so the user of this class makes sure (by exit events, or the start time) that the pid is
// still the same process. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "base/memory_reader.h"

namespace strobe::os {

class ProcessMemory final : public MemoryReader {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}

  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;
  /// One system call for up to 128 pieces.
  [[nodiscard]] size_t read_many(std::span<const MemoryPiece> pieces) override;

  /// As much as is readable from `address` on, up to `out.size()`; the number of bytes, 0 for none.
  [[nodiscard]] size_t read_some(uint64_t address, std::span<std::byte> out);

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace strobe::os
