// Rows for the code of Go programs. Go writes no .eh_frame; its own table (elf/go_table.h) says exactly where
// the return address is, in stripped programs too, and which functions are the ends of stacks.
#pragma once

#include <optional>

#include "elf/go_table.h"
#include "unwind/core/cfi_row.h"

namespace strobe::unwind {

/// The row at `address`, where the instructions `code` begin; nullopt where the table does not know that
/// code. Outermost are the functions that a goroutine or a thread of the runtime begins with, and those that
/// switch to another stack.
[[nodiscard]] std::optional<UnwindRow> find_go_row(const elf::GoTable& table, FileAddr address, Bytes code);

}  // namespace strobe::unwind
