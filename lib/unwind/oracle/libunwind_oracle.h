// libunwind's remote unwinder over the same registers, stack bytes and files. It does its own reading of
// .eh_frame. Slow: the tests hold our own unwinder against it, and recording uses it only for single frames
// whose CFI our own reader refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/memory_reader.h"
#include "model/address_space.h"
#include "model/registers.h"
#include "unwind/core/architecture.h"
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

/// One step: `frame` becomes its caller's registers; false, and unchanged, where libunwind cannot either. It
/// guesses where it has no CFI: whether what it found is a caller is for us to judge. `request.registers` is
/// not looked at.
[[nodiscard]] bool step_with_libunwind(const OracleRequest& request, FrameRegisters& frame);

}  // namespace strobe::unwind
