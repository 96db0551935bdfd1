#include "symbolize/dwarf_module.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>

#include <algorithm>
#include <utility>

namespace strobe::symbolize {
namespace {

constexpr int kMaxStepsBack = 16;
constexpr size_t kMaxUnits = size_t{1} << 22;

Elf* open_elf(const LoadedFile& file) {
  elf_version(EV_CURRENT);
  const Bytes bytes = file.content.bytes();
  // libelf writes to it where sections are compressed: MappedFile's pages are private and writable.
  return elf_memory(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())), bytes.size());
}

std::string hex(const void* data, size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    const unsigned byte = static_cast<const unsigned char*>(data)[i];
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::optional<DwarfModule> DwarfModule::open(const LoadedFile& file,
                                             const std::vector<std::string>& debug_directories) {
  DwarfModule module;
  if (!module.attach(file)) return std::nullopt;
  module.attach_supplement(file, debug_directories);
  module.names_ = std::make_unique<DwarfNames>();
  module.index_units();
  if (module.ranges_.empty()) return std::nullopt;
  return module;
}

bool DwarfModule::attach(const LoadedFile& file) {
  elf_.reset(open_elf(file));
  if (elf_ != nullptr) dwarf_.reset(dwarf_begin_elf(elf_.get(), DWARF_C_READ, nullptr));
  return dwarf_ != nullptr;
}

void DwarfModule::attach_supplement(const LoadedFile& file,
                                    const std::vector<std::string>& debug_directories) {
  const char* name = nullptr;
  const void* id = nullptr;
  const ssize_t id_size = dwelf_dwarf_gnu_debugaltlink(dwarf_.get(), &name, &id);
  if (id_size <= 0 || name == nullptr) return;
  const std::string build_id = hex(id, static_cast<size_t>(id_size));
  auto found = find_by_build_id(build_id, debug_directories);
  if (!found) {
    const size_t slash = file.path.rfind('/');
    const std::string beside = slash == std::string::npos ? "./" : file.path.substr(0, slash + 1);
    auto by_name = load_elf_file(name[0] == '/' ? std::string(name) : beside + name);
    if (!by_name || by_name->elf.build_id() != build_id) return;
    found = std::move(*by_name);
  }
  supplement_file_ = std::make_unique<LoadedFile>(std::move(*found));
  supplement_elf_.reset(open_elf(*supplement_file_));
  if (supplement_elf_ == nullptr) return;
  supplement_.reset(dwarf_begin_elf(supplement_elf_.get(), DWARF_C_READ, nullptr));
  if (supplement_ != nullptr) dwarf_setalt(dwarf_.get(), supplement_.get());
}

void DwarfModule::index_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die unit_die;
  Dwarf_Die split_die;
  uint8_t type = 0;
  while (units_.size() < kMaxUnits &&
         dwarf_get_units(dwarf_.get(), unit, &unit, nullptr, &type, &unit_die, &split_die) == 0) {
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const auto index = static_cast<uint32_t>(units_.size());
    const bool is_split = type == DW_UT_skeleton && split_die.addr != nullptr;
    for_each_range(unit_die, [&](uint64_t low, uint64_t high) { ranges_.push_back({low, high, index}); });
    units_.emplace_back(unit_die, is_split ? split_die : unit_die);
  }
  std::ranges::sort(ranges_, [](const UnitRange& a, const UnitRange& b) {
    return std::pair(a.low, a.unit) < std::pair(b.low, b.unit);
  });
}

AddressSymbols DwarfModule::find(uint64_t address) {
  AddressSymbols best;
  auto after = std::ranges::upper_bound(ranges_, address, {}, &UnitRange::low);
  for (int steps = 0; after != ranges_.begin() && steps < kMaxStepsBack; ++steps) {
    --after;
    if (address >= after->high) continue;
    AddressSymbols symbols = units_[after->unit].find(address, *names_);
    if (!symbols.empty() && !symbols.back().function.empty()) return symbols;
    if (best.empty()) best = std::move(symbols);
  }
  return best;
}

}  // namespace strobe::symbolize
