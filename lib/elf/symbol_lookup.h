// Symbols of any kind by their exact names: for who looks for a handful of known data symbols and functions
// in a file, and not for the function that holds an address. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "elf/elf_file.h"

namespace strobe::elf {

/// Which entries of the symbol tables are looked at: the cheap test that comes before comparing names.
struct SymbolFilter {
  std::optional<uint8_t> type;  ///< STT_*; none: any
  uint64_t minimum_size = 0;
};

/// The definition of each of `names` in .dynsym or else .symtab, in the order of `names`; one pass over each
/// table.
[[nodiscard]] std::vector<std::optional<Symbol>> find_symbols(const ElfFile& file,
                                                              std::span<const std::string_view> names,
                                                              const SymbolFilter& filter = {});

}  // namespace strobe::elf
