// The function symbols of one module, from its own file and its debug file, and the names of its PLT stubs.
// Borrows the names: the files outlive it. Immutable once built.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elf/elf_file.h"

namespace strobe::symbolize {

class SymbolIndex {
 public:
  /// Either may be null. Symbols of the debug file come first where both name an address.
  SymbolIndex(const elf::ElfFile* module, const elf::ElfFile* debug);

  /// The symbol whose range holds the address. A symbol without a size reaches to the next symbol, but not
  /// beyond its section. nullptr between symbols.
  [[nodiscard]] const elf::Symbol* find(FileAddr address) const;
  /// "name@plt" for an address in a PLT stub of the module.
  [[nodiscard]] std::optional<std::string> find_plt_name(FileAddr address) const;
  [[nodiscard]] bool empty() const { return symbols_.empty(); }

 private:
  struct PltSlot {
    uint64_t slot = 0;  ///< file address of the GOT entry
    std::string_view name;
  };
  void read_plt_slots(const elf::ElfFile& module);
  [[nodiscard]] uint64_t end_of_section(FileAddr address) const;

  const elf::ElfFile* module_ = nullptr;
  std::vector<elf::Symbol> symbols_;  // by address, unique
  std::vector<elf::Section> code_;    // executable sections
  std::vector<PltSlot> plt_slots_;    // by slot
};

}  // namespace strobe::symbolize
