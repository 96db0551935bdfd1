#include "elf/symbol_lookup.h"

#include <algorithm>
#include <cstring>

namespace strobe::elf {
namespace {

struct Search {
  std::span<const std::string_view> names;
  SymbolFilter filter;
  std::vector<std::optional<Symbol>> found;
};

/// Whether the string at `offset` of `table` is exactly `name`.
bool is_name_at(Bytes table, uint64_t offset, std::string_view name) {
  const Bytes bytes = checked_subspan(table, offset, name.size() + 1);
  return !bytes.empty() && std::memcmp(bytes.data(), name.data(), name.size()) == 0 &&
         bytes.back() == std::byte{0};
}

void look_at(const Elf64_Sym& entry, Bytes strings, Search& search) {
  for (size_t i = 0; i < search.names.size(); ++i) {
    if (search.found[i] || !is_name_at(strings, entry.st_name, search.names[i])) continue;
    search.found[i] = Symbol{.address = FileAddr{entry.st_value},
                             .size = entry.st_size,
                             .name = search.names[i],
                             .binding = static_cast<uint8_t>(ELF64_ST_BIND(entry.st_info)),
                             .type = static_cast<uint8_t>(ELF64_ST_TYPE(entry.st_info))};
    return;
  }
}

void search_table(const ElfFile& file, const Section& table, Search& search) {
  if (table.link >= file.sections().size()) return;
  const Bytes strings = file.section_bytes(file.sections()[table.link]);
  ByteReader reader(file.section_bytes(table));
  while (reader.remaining() >= sizeof(Elf64_Sym)) {
    const auto entry = reader.read<Elf64_Sym>();
    if (entry.st_shndx == SHN_UNDEF || entry.st_size < search.filter.minimum_size) continue;
    if (search.filter.type && ELF64_ST_TYPE(entry.st_info) != *search.filter.type) continue;
    look_at(entry, strings, search);
  }
}

}  // namespace

std::vector<std::optional<Symbol>> find_symbols(const ElfFile& file, std::span<const std::string_view> names,
                                                const SymbolFilter& filter) {
  Search search{.names = names, .filter = filter, .found = std::vector<std::optional<Symbol>>(names.size())};
  uint64_t budget = file.bytes().size();  // sound tables do not overlap; hostile ones end there
  for (const uint32_t type : {uint32_t{SHT_DYNSYM}, uint32_t{SHT_SYMTAB}}) {
    for (const Section& table : file.sections()) {
      if (table.type != type || table.size > budget) continue;
      budget -= table.size;
      search_table(file, table, search);
      if (std::ranges::all_of(search.found, [](const auto& symbol) { return symbol.has_value(); })) {
        return search.found;
      }
    }
  }
  return search.found;
}

}  // namespace strobe::elf
