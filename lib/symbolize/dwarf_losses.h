// What part of a module's debug information could not be used, and the sentences that say so. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strobe::symbolize {

/// Why the .dwo file of a unit (split DWARF) was not used.
enum class SplitLoss : uint8_t {
  none,
  missing,
  not_ordinary,  ///< a device, a FIFO, a folder
  unsteady,      ///< others may change it while it is mapped, and it cannot be held as it is
  unreadable,    ///< damaged, of another build, or not to be opened
};

struct LostUnit {
  SplitLoss reason = SplitLoss::none;
  std::string path;  ///< of the .dwo file
};

struct DwarfLosses {
  bool was_changing = false;           ///< given up, because somebody began to change a file
  std::string supplement{};            ///< the file shared by dwz that was not found; empty: none is missing
  std::map<size_t, LostUnit> units{};  ///< by the number of the unit

  void merge(const DwarfLosses& other);
};

/// One sentence per kind of loss, without a full stop. `package` is the path of a .dwp file that is there;
/// empty: there is none.
[[nodiscard]] std::vector<std::string> describe_losses(const DwarfLosses& losses, const std::string& module,
                                                       const std::string& package);

}  // namespace strobe::symbolize
