// Split DWARF (-gsplit-dwarf): the unit in a .dwo file that a skeleton unit stands for. libdw finds and opens
// the file; here is checked first that what it would open is an ordinary file.
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <optional>
#include <string>

#include "symbolize/debug_sections.h"

namespace strobe::symbolize {

struct SplitUnit {
  Dwarf_Die die{};                          ///< owned by the skeleton's handle
  std::unique_ptr<DebugSections> sections;  ///< of the .dwo file
  std::string directory;                    ///< where its relative paths start
};

/// nullopt where the file is not there, is not an ordinary file, or belongs to another build.
[[nodiscard]] std::optional<SplitUnit> open_split_unit(Dwarf_Die skeleton);

}  // namespace strobe::symbolize
