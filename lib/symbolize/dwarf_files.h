// What libdw is too slow or too large for, next to its handles: entries and line tables read from the bytes,
// per unit, kept as long as there is room. For one thread.
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "symbolize/debug_sections.h"
#include "symbolize/die_scan.h"
#include "symbolize/line_program.h"

namespace strobe::symbolize {

class DwarfFiles {
 public:
  /// Both outlive this.
  void add(Dwarf* dwarf, const DebugSections& sections);
  /// Of a split unit, which does not say its directory. Where it has no table of files of its own (clang), it
  /// refers to that of its skeleton.
  void add_split(Dwarf* dwarf, const DebugSections& sections, std::string directory, Dwarf_Die skeleton);
  /// Of one that goes. Answers given before become invalid.
  void remove(Dwarf* dwarf);

  /// Of the unit that `unit` is the first entry of. Valid until forget().
  const UnitScan& scan(Dwarf_Die unit);
  const LineProgram& lines(Dwarf_Die unit);
  /// Frees what was read, if it is much. Answers given before become invalid.
  void forget();

 private:
  struct File {
    Dwarf* dwarf = nullptr;
    const DebugSections* sections = nullptr;
    std::string directory;
    std::optional<Dwarf_Die> skeleton;
  };
  [[nodiscard]] const File* find_file(Dwarf_Die unit) const;

  std::vector<File> files_;
  std::unordered_map<const void*, UnitScan> scans_;  // by the address of the unit's first entry
  std::unordered_map<const void*, LineProgram> lines_;
  size_t scanned_entries_ = 0;
};

}  // namespace strobe::symbolize
