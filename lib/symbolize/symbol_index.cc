#include "symbolize/symbol_index.h"

#include <algorithm>
#include <cstring>

namespace strobe::symbolize {
namespace {

// How many symbols that start before an address are asked whether they reach it (nested symbols).
constexpr int kMaxSymbolStepsBack = 16;
constexpr size_t kMaxSymbolNameBytes = 4096;
constexpr uint64_t kPltEntryBytes = 16;
constexpr uint64_t kPltGotEntryBytes = 8;

std::string_view string_at(Bytes table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const Bytes rest = table.subspan(static_cast<size_t>(offset));
  ByteReader reader(rest.first(std::min(rest.size(), kMaxSymbolNameBytes)));
  return reader.read_c_string();
}

}  // namespace

SymbolIndex::SymbolIndex(const elf::ElfFile* module, const elf::ElfFile* debug) : module_(module) {
  if (debug != nullptr) symbols_ = debug->function_symbols();
  if (module != nullptr) {
    const auto own = module->function_symbols();
    symbols_.insert(symbols_.end(), own.begin(), own.end());
    if (module->machine() == EM_X86_64) read_plt_slots(*module);
  }
  std::ranges::stable_sort(symbols_, {}, &elf::Symbol::address);
  const auto same_address = [](const elf::Symbol& a, const elf::Symbol& b) { return a.address == b.address; };
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(), same_address), symbols_.end());
  const elf::ElfFile* layout = module != nullptr ? module : debug;
  if (layout == nullptr) return;
  for (const elf::Section& section : layout->sections()) {
    if ((section.flags & SHF_EXECINSTR) != 0) code_.push_back(section);
  }
}

uint64_t SymbolIndex::end_of_section(FileAddr address) const {
  for (const elf::Section& section : code_) {
    const uint64_t offset = raw(address) - raw(section.address);
    if (address >= section.address && offset < section.size) return raw(section.address) + section.size;
  }
  return UINT64_MAX;
}

const elf::Symbol* SymbolIndex::find(FileAddr address) const {
  const auto after = std::ranges::upper_bound(symbols_, address, {}, &elf::Symbol::address);
  auto candidate = after;
  for (int steps = 0; candidate != symbols_.begin() && steps < kMaxSymbolStepsBack; ++steps) {
    --candidate;
    if (candidate->size != 0) {
      if (raw(address) - raw(candidate->address) < candidate->size) return &*candidate;
    } else if (std::next(candidate) == after && raw(address) < end_of_section(candidate->address)) {
      return &*candidate;
    }
  }
  return nullptr;
}

void SymbolIndex::read_plt_slots(const elf::ElfFile& module) {
  const auto& sections = module.sections();
  uint64_t budget = module.bytes().size();  // sound tables do not overlap; hostile ones end there
  for (const elf::Section& table : sections) {
    if (table.type != SHT_RELA || table.link >= sections.size()) continue;
    const elf::Section& symbols = sections[table.link];
    if (symbols.type != SHT_DYNSYM || symbols.link >= sections.size()) continue;
    const Bytes entries = module.section_bytes(symbols);
    const Bytes names = module.section_bytes(sections[symbols.link]);
    ByteReader reader(module.section_bytes(table));
    if (reader.remaining() > budget) break;
    budget -= reader.remaining();
    while (reader.remaining() >= sizeof(Elf64_Rela)) {
      const auto relocation = reader.read<Elf64_Rela>();
      const uint64_t type = ELF64_R_TYPE(relocation.r_info);
      if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
      ByteReader entry(
          checked_subspan(entries, ELF64_R_SYM(relocation.r_info) * sizeof(Elf64_Sym), sizeof(Elf64_Sym)));
      const auto symbol = entry.read<Elf64_Sym>();
      const std::string_view name = entry.ok() ? string_at(names, symbol.st_name) : std::string_view();
      if (!name.empty()) plt_slots_.push_back({relocation.r_offset, name});
    }
  }
  std::ranges::stable_sort(plt_slots_, {}, &PltSlot::slot);
}

std::optional<std::string> SymbolIndex::find_plt_name(FileAddr address) const {
  if (module_ == nullptr || plt_slots_.empty()) return std::nullopt;
  for (const elf::Section& section : code_) {
    const uint64_t offset = raw(address) - raw(section.address);
    if (!section.name.starts_with(".plt") || address < section.address || offset >= section.size) continue;
    // Linkers differ in the layout of stubs; all jump through their slot with `jmp *disp32(%rip)` (ff 25),
    // 8-byte ones only in .plt.got without endbr64.
    const uint64_t entry_size = section.name == ".plt.got" && section.entry_size == kPltGotEntryBytes
                                    ? kPltGotEntryBytes
                                    : kPltEntryBytes;
    const uint64_t start = offset / entry_size * entry_size;
    const Bytes entry = checked_subspan(module_->section_bytes(section), start, entry_size);
    for (size_t i = 0; i + 6 <= entry.size(); ++i) {
      if (entry[i] != std::byte{0xff} || entry[i + 1] != std::byte{0x25}) continue;
      int32_t displacement = 0;
      std::memcpy(&displacement, entry.data() + i + 2, sizeof displacement);
      const uint64_t slot =
          raw(section.address) + start + i + 6 + static_cast<uint64_t>(static_cast<int64_t>(displacement));
      const auto found = std::ranges::lower_bound(plt_slots_, slot, {}, &PltSlot::slot);
      if (found == plt_slots_.end() || found->slot != slot) return std::nullopt;
      return std::string(found->name) + "@plt";
    }
  }
  return std::nullopt;
}

}  // namespace strobe::symbolize
