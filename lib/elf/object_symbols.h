// Names of a file's data: its STT_OBJECT symbols. Pure: bytes in, facts out, everything checked.
#pragma once

#include <vector>

#include "elf/elf_file.h"

namespace strobe::elf {

/// Of .symtab and .dynsym, sorted by address, one for each address; those with a size only. Names are
/// borrowed from the file.
[[nodiscard]] std::vector<Symbol> object_symbols(const ElfFile& file);

/// The one that `address` lies in, or nullptr; `symbols` as above.
[[nodiscard]] const Symbol* find_object(const std::vector<Symbol>& symbols, FileAddr address);

}  // namespace strobe::elf
