// libunwind's remote unwinder over the same registers, stack bytes and files: what the tests hold our own
// unwinder against. It does its own reading of .eh_frame. Slow; never used for recording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/memory_reader.h"
#include "model/address_space.h"
#include "model/registers.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {

struct OracleRequest {
  const Registers& registers;  // lives for one call
  const AddressSpace& space;
  CfiSource& modules;    ///< for the bytes of the files
  MemoryReader& memory;  ///< of the stack
  size_t max_frames = 1024;
};

/// The addresses of the frames as libunwind finds them, innermost first, at least the first one.
[[nodiscard]] std::vector<uint64_t> unwind_with_libunwind(const OracleRequest& request);

}  // namespace strobe::unwind
