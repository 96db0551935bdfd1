// Split DWARF (-gsplit-dwarf): the unit in a .dwo file that a skeleton unit stands for. libdw finds, opens
// and maps the file; here is checked first that what it would open is an ordinary file that stays as it is.
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <optional>
#include <string>

#include "os/file_lease.h"
#include "symbolize/debug_sections.h"
#include "symbolize/dwarf_losses.h"

namespace strobe::symbolize {

struct SplitUnit {
  SplitLoss loss = SplitLoss::none;         ///< only where none is there the rest
  std::string path;                         ///< of the .dwo file; empty: its name is not known
  Dwarf_Die die{};                          ///< owned by the skeleton's handle
  std::unique_ptr<DebugSections> sections;  ///< of the .dwo file
  std::string directory;                    ///< where its relative paths start
  std::optional<os::FileLease> lease;       ///< keep it as long as the skeleton's handle
};

[[nodiscard]] SplitUnit open_split_unit(Dwarf_Die skeleton);

}  // namespace strobe::symbolize
