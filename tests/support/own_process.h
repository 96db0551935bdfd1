// A process of the test (its own or a child) as the unwinder sees a target: mappings, files, stacks.
#pragma once

#include <ucontext.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/memory_reader.h"
#include "model/address_space.h"
#include "model/raw_sample.h"
#include "unwind/unwinder.h"

namespace strobe::test {

/// The executable mappings of a process (this one, or a child that has the same files), read once.
class ProcessImage final : public unwind::CfiSource {
 public:
  explicit ProcessImage(int pid = 0);

  const unwind::ModuleCfi* find_cfi(ModuleId module) override;
  [[nodiscard]] const AddressSpace& space() const { return space_; }
  [[nodiscard]] const std::string& path(ModuleId module) const { return paths_.at(module.index()); }
  /// The end of the readable mapping that holds `address`; 0 where there is none.
  [[nodiscard]] uint64_t mapping_end(uint64_t address) const;

 private:
  void add(const std::string& path, uint64_t start, uint64_t end, uint64_t file_offset);

  int pid_;
  AddressSpace space_;
  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<unwind::ModuleCfi>> modules_;
  std::map<uint64_t, uint64_t> readable_;  // end by start
};

/// A sample that owns its stack bytes.
struct OwnedSample {
  RawSample sample;
  std::vector<std::byte> stack;
};

[[nodiscard]] Registers registers_of(const ucontext_t& context);

/// A sample of this thread at `context`, whose frame must still be there. `limit` bytes of stack at most.
[[nodiscard]] OwnedSample sample_here(const ucontext_t& context, const ProcessImage& image,
                                      size_t limit = 1 << 20);

/// Bytes of one stretch of memory, e.g. of a sample's stack.
class BytesReader final : public MemoryReader {
 public:
  BytesReader(uint64_t base, std::span<const std::byte> bytes) : base_(base), bytes_(bytes) {}
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

 private:
  uint64_t base_;
  std::span<const std::byte> bytes_;
};

/// A process's memory, by default this one's; addresses that are not mapped are refused, not fatal.
class ProcessMemory final : public MemoryReader {
 public:
  explicit ProcessMemory(int pid = ::getpid()) : pid_(pid) {}
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

 private:
  int pid_;
};

}  // namespace strobe::test
