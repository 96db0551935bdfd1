// The index of a package of .dwo files (.dwp): which parts of its sections make up one unit. Section
// .debug_cu_index, DWARF 5, 7.3.5.3; its version 2 is GNU's, for DWARF 4. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::symbolize {

struct UnitPart {
  std::string_view section;  ///< ".debug_info": without ".dwo"
  uint32_t offset = 0;       ///< in the package's section
  uint32_t size = 0;
};

/// Of the unit with that id (DW_AT_GNU_dwo_id, or of the unit's header); empty where the index does not have
/// it or is damaged. Sections that names and lines do not need are left out.
[[nodiscard]] std::vector<UnitPart> find_unit_parts(Bytes index, uint64_t unit_id);

/// The strings that a unit refers to, in a section of their own: a package has those of all units in one.
struct UnitStrings {
  std::vector<std::byte> offsets;  ///< .debug_str_offsets, into `text`
  std::vector<std::byte> text;     ///< .debug_str
};
/// `offsets` are the unit's part of .debug_str_offsets, which begins with a header since DWARF 5. nullopt
/// where they are damaged, or the strings are too much for one unit. An offset without a string gets an empty
/// one.
[[nodiscard]] std::optional<UnitStrings> gather_strings(Bytes offsets, Bytes text, bool is_dwarf5);

}  // namespace strobe::symbolize
