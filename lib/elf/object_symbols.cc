#include "elf/object_symbols.h"

#include <algorithm>
#include <tuple>

namespace strobe::elf {

std::vector<Symbol> object_symbols(const ElfFile& file) {
  std::vector<Symbol> symbols;
  uint64_t budget = file.bytes().size();  // sound tables do not overlap; hostile ones end there
  const auto& sections = file.sections();
  for (const Section& table : sections) {
    if ((table.type != SHT_SYMTAB && table.type != SHT_DYNSYM) || table.link >= sections.size()) continue;
    const Bytes names = file.section_bytes(sections[table.link]);
    ByteReader reader(file.section_bytes(table));
    if (reader.remaining() > budget) break;
    budget -= reader.remaining();
    while (reader.remaining() >= sizeof(Elf64_Sym)) {
      const auto entry = reader.read<Elf64_Sym>();
      if (ELF64_ST_TYPE(entry.st_info) != STT_OBJECT || entry.st_shndx == SHN_UNDEF || entry.st_size == 0) {
        continue;
      }
      ByteReader name(names);
      name.seek(entry.st_name);
      const std::string_view text = name.read_c_string();
      if (!name.ok() || text.empty()) continue;
      symbols.push_back({.address = FileAddr{entry.st_value},
                         .size = entry.st_size,
                         .name = text,
                         .binding = static_cast<uint8_t>(ELF64_ST_BIND(entry.st_info)),
                         .type = STT_OBJECT});
    }
  }
  // Of several names for one place the larger object's, then the shorter name.
  std::ranges::sort(symbols, [](const Symbol& a, const Symbol& b) {
    if (a.address != b.address) return a.address < b.address;
    return std::tuple(b.size, a.name.size(), a.name) < std::tuple(a.size, b.name.size(), b.name);
  });
  const auto same_address = [](const Symbol& a, const Symbol& b) { return a.address == b.address; };
  symbols.erase(std::unique(symbols.begin(), symbols.end(), same_address), symbols.end());
  return symbols;
}

const Symbol* find_object(const std::vector<Symbol>& symbols, FileAddr address) {
  auto behind = std::ranges::upper_bound(symbols, address, {}, &Symbol::address);
  if (behind == symbols.begin()) return nullptr;
  const Symbol& symbol = *std::prev(behind);
  return raw(address) - raw(symbol.address) < symbol.size ? &symbol : nullptr;
}

}  // namespace strobe::elf
