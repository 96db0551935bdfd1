// A package of .dwo files (.dwp), and a unit of it. libdw of Debian 12 reads .dwo files only: the parts of
// the unit become one in memory, and a skeleton that names it.
#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "symbolize/debug_sections.h"
#include "symbolize/module_files.h"

namespace strobe::symbolize {

/// Immutable; any thread.
class DwoPackage {
 public:
  /// nullptr where the file is no package or cannot be read.
  static std::unique_ptr<DwoPackage> open(const std::string& path);

  /// The parts of a unit, borrowed from here; empty where the package does not have it.
  [[nodiscard]] std::vector<NamedBytes> find(uint64_t unit_id) const;
  /// The strings of all units, borrowed.
  [[nodiscard]] Bytes text() const { return sections_.find(".debug_str"); }
  /// See LoadedFile::is_steady and MappedFile::drop_pages.
  [[nodiscard]] bool is_steady() const { return file_.is_steady(); }
  void drop_pages() const;

 private:
  explicit DwoPackage(LoadedFile file);

  LoadedFile file_;
  DebugSections sections_;
  Bytes index_;
};

/// For one thread.
struct PackagedUnit {
  std::unique_ptr<std::vector<std::byte>> skeleton_bytes;
  std::optional<DwarfHandle> skeleton;  ///< of our own: owns the unit
  Dwarf_Die die{};
  DebugSections sections;  ///< of the unit, its borrowed file
  std::string directory;   ///< where its relative paths start
};

/// The unit that `skeleton` stands for. `sections` are those of the skeleton's file; they and the package
/// outlive the result. nullptr where the package does not have it, or what it has is damaged.
[[nodiscard]] std::unique_ptr<PackagedUnit> open_packaged_unit(Dwarf_Die skeleton,
                                                               const DebugSections& sections,
                                                               const DwoPackage& package);

}  // namespace strobe::symbolize
