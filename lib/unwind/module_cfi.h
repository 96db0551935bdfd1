// The unwind information of one ELF file: finds and decodes the row for an address on first touch.
// Immutable apart from its own caches; used from one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "elf/elf_file.h"
#include "elf/go_table.h"
#include "unwind/core/cfi_entry.h"
#include "unwind/core/cfi_row.h"

namespace strobe::unwind {

class ModuleCfi {
 public:
  /// Keeps `file` for as long as it lives. Never fails for a file without CFI: such a module is unwound by
  /// frame pointers. Fails where the bytes are no ELF file.
  static Result<std::unique_ptr<ModuleCfi>> make(MappedFile file);
  ~ModuleCfi();

  enum class Lookup : uint8_t {
    found,
    none,  ///< no CFI covers the address
    bad,   ///< the CFI that covers it is corrupt
  };
  /// The row that holds at `address`: from CFI, for Go code from Go's own table. Expressions in it are
  /// borrowed from the module.
  [[nodiscard]] Lookup find_row(FileAddr address, UnwindRow& row) const;
  /// The FDE that covers `address`, by .eh_frame first; false where there is none.
  [[nodiscard]] Lookup find_fde(FileAddr address, Fde& fde) const;

  /// Where the record of that FDE begins, for readers with a decoder of their own; none where it is not in
  /// .eh_frame or the file has a search table (.eh_frame_hdr), which says the same.
  [[nodiscard]] std::optional<FileAddr> find_untabled_record(FileAddr address) const;

  /// The file's bytes from `address` on, if that is code; empty elsewhere.
  [[nodiscard]] Bytes code_at(FileAddr address) const;
  /// Whether `address` is within the first instructions behind the ELF entry point.
  [[nodiscard]] bool is_entry_code(FileAddr address) const;

  [[nodiscard]] const elf::ElfFile& elf() const { return elf_; }

 private:
  /// Functions of a section without a (usable) search table, by where they begin.
  struct IndexEntry {
    uint64_t pc_begin = 0;
    uint64_t offset = 0;  ///< of the FDE in its section
  };
  struct Table {
    CfiSection section;
    bool indexed = false;
    std::vector<IndexEntry> index;
  };

  ModuleCfi(MappedFile file, elf::ElfFile elf);
  void find_eh_frame();
  /// The last entry that begins at or before `address`; null where there is none.
  static const IndexEntry* find_entry(Table& table, uint64_t address);
  static Lookup find_in(Table& table, uint64_t address, Fde& fde);

  MappedFile file_;
  elf::ElfFile elf_;
  std::optional<elf::GoTable> go_;  // in Go programs
  EhFrameHeader header_;            // its table is empty where there is none
  // Indices are built on first use: logically const.
  mutable Table eh_frame_;
  mutable Table debug_frame_;
};

}  // namespace strobe::unwind
