// From a frame's registers to its caller's, by a full row. The common rows take the quick way
// (compact_row.h). Freestanding: no allocation.
#pragma once

#include <cstdint>

#include "base/memory_reader.h"
#include "unwind/core/architecture.h"
#include "unwind/core/cfi_row.h"

namespace strobe::unwind {

enum class StepResult : uint8_t {
  ok,
  end_of_stack,  ///< the row says that there is no caller
  unreadable,    ///< memory the row needs could not be read
  bad_info,      ///< the row makes no sense here
};

/// Replaces `frame` by its caller's registers; unchanged unless ok. `bias` = runtime - file address.
[[nodiscard]] StepResult step_row(const UnwindRow& row, uint64_t bias, MemoryReader& memory,
                                  FrameRegisters& frame);

/// Whether the register saved at `address` was popped already. Compilers do not write rows for the pops of an
/// epilogue that has a frame pointer: the register is back, and its place below the stack pointer is no part
/// of the stack any more.
[[nodiscard]] inline bool is_popped(uint64_t address, const FrameRegisters& frame) {
  return address < frame.sp() && frame.is_known(kArchitecture.stack_pointer);
}

/// Whether the row says that its frame is the outermost one.
[[nodiscard]] bool is_outermost(const UnwindRow& row);

}  // namespace strobe::unwind
