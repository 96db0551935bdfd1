// Lines of instructions, from the line table of a code object, in its four formats. Hostile tables: every
// byte is checked, time is linear in the table. Pure. Sources: CPython's Objects/lnotab_notes.txt (up
// to 3.10), Objects/locations.md (InternalDocs, from 3.11).
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_reader.h"

namespace strobe::python {

/// The line of the instruction at byte `offset` of the bytecode; negative: the frame has not started, which
/// counts as the first line. nullopt: this instruction has no line, or the table does not say.
[[nodiscard]] std::optional<int> find_line(int minor, Bytes table, int first_line, int64_t offset);

}  // namespace strobe::python
