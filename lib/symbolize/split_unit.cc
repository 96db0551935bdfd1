#include "symbolize/split_unit.h"

#include <dwarf.h>
#include <sys/stat.h>

#include <algorithm>

namespace strobe::symbolize {
namespace {

std::string text_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  const char* text = dwarf_formstring(dwarf_attr(&die, attribute, &found));
  return text != nullptr ? text : "";
}

/// A FIFO would hang us, a device could do anything.
bool is_absent_or_regular(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
}

}  // namespace

std::optional<SplitUnit> open_split_unit(Dwarf_Die skeleton) {
  std::string name = text_of(skeleton, DW_AT_dwo_name);
  if (name.empty()) name = text_of(skeleton, DW_AT_GNU_dwo_name);
  const std::string directory = text_of(skeleton, DW_AT_comp_dir);
  if (name.empty()) return std::nullopt;
  // libdw looks below the folder of the file it was given, which is /dev/null, and below the unit's.
  for (const std::string& base : {std::string("/dev"), directory}) {
    if (!is_absent_or_regular(name[0] == '/' ? name : base + '/' + name)) return std::nullopt;
  }
  SplitUnit split{.directory = directory};
  if (dwarf_cu_info(skeleton.cu, nullptr, nullptr, nullptr, &split.die, nullptr, nullptr, nullptr) != 0 ||
      split.die.addr == nullptr || split.die.cu == skeleton.cu) {
    return std::nullopt;
  }
  split.sections =
      std::make_unique<DebugSections>(DebugSections::of_split(dwarf_getelf(dwarf_cu_getdwarf(split.die.cu))));
  return split;
}

}  // namespace strobe::symbolize
