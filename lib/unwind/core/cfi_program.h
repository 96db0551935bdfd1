// Runs the instructions of an FDE up to an address and gives the row that holds there (DWARF 5, 6.4.2).
// Freestanding: no allocation, time linear in the instructions.
#pragma once

#include <cstdint>

#include "unwind/core/cfi_entry.h"
#include "unwind/core/cfi_row.h"

namespace strobe::unwind {

/// The row of `fde` for file address `pc`, which lies in it. Expressions stay borrowed from the section.
/// False where the instructions are corrupt or not known.
[[nodiscard]] bool decode_row(const Fde& fde, uint64_t pc, UnwindRow& row);

}  // namespace strobe::unwind
