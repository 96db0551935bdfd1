// The sections of DWARF that names and lines are made of, unpacked where they were packed, and a libdw handle
// over them. The rest (locations, macros, types, indices) is left out: libdw would unpack and index it.
// Handles are for one thread each; any number of them share the sections, which are immutable.
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "elf/elf_file.h"
#include "elf/section_content.h"
#include "symbolize/scratch_bytes.h"

namespace strobe::symbolize {

struct NamedBytes {
  std::string name;  ///< ".debug_info": without ".dwo", never ".zdebug_info"
  Bytes bytes;
};

class DebugSections {
 public:
  DebugSections() = default;
  /// Borrows the bytes, which are unpacked.
  explicit DebugSections(std::vector<NamedBytes> sections) : sections_(std::move(sections)) {}

  /// Of a whole file, or with `suffix` ".dwo" of a split one. Borrows from the file, which outlives this.
  /// A section that cannot be unpacked is left out.
  static DebugSections read(const elf::ElfFile& file, std::string_view suffix = "");

  /// Those of a split file that libdw has opened, and keeps open longer than this.
  static DebugSections of_split(Elf* elf);

  [[nodiscard]] Bytes find(std::string_view name) const;  ///< empty where there is none
  [[nodiscard]] const std::vector<NamedBytes>& all() const { return sections_; }
  /// Gives memory back that the next access gets again. Any thread, at any time.
  void drop_pages() const;
  [[nodiscard]] bool has_info() const { return !find(".debug_info").empty(); }

 private:
  /// Of what is packed; empty where that fails.
  Bytes unpack(const elf::SectionContent& content);

  std::vector<NamedBytes> sections_;
  std::vector<std::vector<std::byte>> unpacked_;
  std::vector<ScratchBytes> unpacked_large_;
};

/// libdw over sections that lie anywhere in memory. libelf assembles a file around them that is never
/// written.
class DwarfHandle {
 public:
  static std::optional<DwarfHandle> open(std::span<const NamedBytes> sections);
  [[nodiscard]] Dwarf* get() const { return dwarf_.get(); }

 private:
  struct ElfCloser {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  struct DwarfCloser {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  DwarfHandle() = default;

  // Destroyed from the bottom up: first what reads.
  UniqueFd nowhere_;
  std::unique_ptr<std::string> names_;
  std::unique_ptr<Elf, ElfCloser> elf_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;
};

/// Writes sections, their names followed by `suffix`, as an ELF file. False where that failed.
[[nodiscard]] bool write_elf_file(const UniqueFd& file, std::span<const NamedBytes> sections,
                                  std::string_view suffix);

}  // namespace strobe::symbolize
