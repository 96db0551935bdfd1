// The DWARF of one module through libdw, on bytes that we hold ourselves: libdwfl and its callbacks, which
// contact debuginfod servers, are not used. Units are indexed by their ranges once, read when an address asks
// for them, and freed.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "symbolize/debug_sections.h"
#include "symbolize/dwarf_files.h"
#include "symbolize/dwarf_losses.h"
#include "symbolize/dwarf_names.h"
#include "symbolize/dwarf_unit.h"
#include "symbolize/dwo_package.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

/// The bytes: of a file and of its supplement (dwz, .gnu_debugaltlink). Immutable; any thread.
class DwarfSource {
 public:
  /// nullptr where the file has no DWARF. Borrows the file. `debug_directories` is where a supplement is
  /// looked for, `package` the path of a .dwp file that may have its units; empty: there is none.
  static std::unique_ptr<DwarfSource> open(const LoadedFile& file,
                                           const std::vector<std::string>& debug_directories,
                                           const std::string& package = {});

  [[nodiscard]] const DebugSections& sections() const { return sections_; }
  [[nodiscard]] const DebugSections* supplement() const { return supplement_ ? &*supplement_ : nullptr; }
  [[nodiscard]] const DwoPackage* package() const { return package_.get(); }
  /// The name of a supplement that the file asks for and that was not found; else empty.
  [[nodiscard]] const std::string& lost_supplement() const { return lost_supplement_; }
  /// See LoadedFile::is_steady and MappedFile::drop_pages.
  [[nodiscard]] bool is_steady() const;
  void drop_pages() const;

 private:
  explicit DwarfSource(const LoadedFile& file);
  void find_supplement(const std::vector<std::string>& debug_directories);

  const LoadedFile* file_;
  DebugSections sections_;
  std::unique_ptr<LoadedFile> supplement_file_;
  std::optional<DebugSections> supplement_;
  std::unique_ptr<DwoPackage> package_;
  std::string lost_supplement_;
};

/// Which of several modules over one source this is: each looks after its own units.
struct Shard {
  size_t number = 0;
  size_t count = 1;
};

/// For one thread.
class DwarfModule {
 public:
  /// nullptr where the source is of no use. Borrows it.
  static std::unique_ptr<DwarfModule> open(const DwarfSource& source);

  /// Answers those of `addresses` (sorted, unique) that fall to the units of this shard; parallel to them,
  /// see DwarfUnit::find. Ends early where a file is being changed.
  void find(std::span<const uint64_t> addresses, Shard shard, std::span<AddressSymbols> answers);
  [[nodiscard]] const DwarfLosses& losses() const { return losses_; }

 private:
  struct UnitRange {
    uint64_t low = 0;
    uint64_t high = 0;
    uint32_t unit = 0;
  };
  struct Unit {
    Dwarf_Die die{};
    bool is_skeleton = false;
  };
  explicit DwarfModule(const DwarfSource& source) : source_(&source) {}
  bool attach();
  void index_units();
  [[nodiscard]] bool is_steady() const;
  /// The units that may hold the address, best first.
  [[nodiscard]] std::vector<uint32_t> units_at(uint64_t address) const;
  /// The entry that has the functions of a unit: another one in split DWARF. What is in a package is owned by
  /// `packaged`, and has to be taken out of `files_` again.
  Dwarf_Die open_functions(uint32_t index, std::unique_ptr<PackagedUnit>& packaged);
  void find_in_unit(uint32_t index, std::span<const uint64_t> addresses, std::span<const size_t> places,
                    std::span<AddressSymbols> answers);

  // Destroyed from the bottom up: first what reads.
  const DwarfSource* source_;
  std::vector<os::FileLease> split_leases_;
  std::optional<DwarfHandle> supplement_;
  std::optional<DwarfHandle> dwarf_;
  DwarfFiles files_;
  std::vector<std::unique_ptr<DebugSections>> split_sections_;
  std::vector<Unit> units_;
  std::vector<UnitRange> ranges_;  // by low
  DwarfLosses losses_;
};

struct DwarfAnswers {
  std::vector<AddressSymbols> symbols;  ///< parallel to the addresses
  DwarfLosses losses;
};

/// Looks all of `addresses` (sorted, unique) up, with several threads where there are many.
[[nodiscard]] DwarfAnswers find_in_dwarf(const DwarfSource& source, std::span<const uint64_t> addresses);

}  // namespace strobe::symbolize
