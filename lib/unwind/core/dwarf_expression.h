// DWARF expressions as CFI uses them (DWARF 5, 2.5 and 6.4): a small stack machine with bounded stack and
// steps. Freestanding: no allocation.
#pragma once

#include <cstdint>

#include "base/byte_reader.h"
#include "base/memory_reader.h"
#include "unwind/core/architecture.h"

namespace strobe::unwind {

struct ExpressionContext {
  const FrameRegisters& registers;  // lives for one call
  MemoryReader& memory;
  uint64_t bias = 0;  ///< runtime address - file address, for DW_OP_addr
};

/// The value left on top of the stack. `initial`, when not null, is pushed first (the CFA, for the rules of
/// registers). False for unknown operations, unreadable memory, unknown registers, endless loops.
[[nodiscard]] bool evaluate_expression(Bytes expression, const ExpressionContext& context,
                                       const uint64_t* initial, uint64_t& out);

}  // namespace strobe::unwind
