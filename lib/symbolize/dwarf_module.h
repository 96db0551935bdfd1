// The DWARF of one module through libdw, on bytes that we hold ourselves: libdwfl and its callbacks, which
// contact debuginfod servers, are not used. Units are indexed by their ranges once, read when an address asks
// for them. For one thread.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "symbolize/debug_sections.h"
#include "symbolize/dwarf_names.h"
#include "symbolize/dwarf_unit.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

class DwarfModule {
 public:
  /// nullopt where the file has no usable DWARF. Borrows the file's bytes. `debug_directories` is where a
  /// supplementary file (dwz, .gnu_debugaltlink) is looked for.
  static std::optional<DwarfModule> open(const LoadedFile& file,
                                         const std::vector<std::string>& debug_directories);

  /// See DwarfUnit::find; empty where no unit holds the address.
  AddressSymbols find(uint64_t address);

 private:
  struct UnitRange {
    uint64_t low = 0;
    uint64_t high = 0;
    uint32_t unit = 0;
  };
  DwarfModule() = default;
  bool attach(const LoadedFile& file);
  void attach_supplement(const LoadedFile& file, const std::vector<std::string>& debug_directories);
  void index_units();

  // Destroyed from the bottom up: first what reads, then the handles, then the bytes.
  std::unique_ptr<LoadedFile> supplement_file_;
  DebugSections supplement_sections_;
  std::optional<DwarfHandle> supplement_;
  DebugSections sections_;
  std::optional<DwarfHandle> dwarf_;
  std::vector<DwarfUnit> units_;
  std::vector<UnitRange> ranges_;  // by low
  std::unique_ptr<DwarfNames> names_;
};

}  // namespace strobe::symbolize
