#include "symbolize/split_unit.h"

#include <dwarf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "symbolize/module_files.h"

namespace strobe::symbolize {
namespace {

std::string text_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  const char* text = dwarf_formstring(dwarf_attr(&die, attribute, &found));
  return text != nullptr ? text : "";
}

/// A FIFO would hang us, a device could do anything, and a mapped file that shrinks kills its reader.
SplitLoss check_file(const std::string& path, std::optional<os::FileLease>& lease) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return errno == ENOENT || errno == ENOTDIR ? SplitLoss::missing : SplitLoss::unreadable;
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return SplitLoss::unreadable;
  if (!S_ISREG(info.st_mode)) return SplitLoss::not_ordinary;
  auto held = hold_still(fd, info);
  if (!held.may_be_mapped) return SplitLoss::unsteady;
  lease = std::move(held.lease);
  return SplitLoss::none;
}

}  // namespace

SplitUnit open_split_unit(Dwarf_Die skeleton) {
  SplitUnit split;
  std::string name = text_of(skeleton, DW_AT_dwo_name);
  if (name.empty()) name = text_of(skeleton, DW_AT_GNU_dwo_name);
  split.directory = text_of(skeleton, DW_AT_comp_dir);
  split.path = name.starts_with('/') ? name : split.directory + '/' + name;
  split.loss = SplitLoss::unreadable;
  if (name.empty() || !split.path.starts_with('/')) return split;
  // libdw looks first below the folder of the file that it was given, which is /dev/null.
  struct stat info {};
  if (name[0] != '/' && ::lstat(("/dev/" + name).c_str(), &info) == 0) {
    split.loss = SplitLoss::not_ordinary;
    return split;
  }
  split.loss = check_file(split.path, split.lease);
  if (split.loss != SplitLoss::none) return split;
  if (dwarf_cu_info(skeleton.cu, nullptr, nullptr, nullptr, &split.die, nullptr, nullptr, nullptr) != 0 ||
      split.die.addr == nullptr || split.die.cu == skeleton.cu) {
    split.loss = SplitLoss::unreadable;
    return split;
  }
  split.sections =
      std::make_unique<DebugSections>(DebugSections::of_split(dwarf_getelf(dwarf_cu_getdwarf(split.die.cu))));
  return split;
}

}  // namespace strobe::symbolize
