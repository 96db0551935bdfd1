#include "symbolize/dwarf_module.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxBuildIdBytes = 64;
constexpr int kMaxStepsBack = 16;
constexpr size_t kMaxUnits = size_t{1} << 22;

std::string hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
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
  sections_ = DebugSections::read(file.elf);
  if (sections_.has_info()) dwarf_ = DwarfHandle::open(sections_.all());
  return dwarf_.has_value();
}

void DwarfModule::attach_supplement(const LoadedFile& file,
                                    const std::vector<std::string>& debug_directories) {
  // The section has a file name and the supplement's build-id. Not left to libdw, which would open any path.
  const elf::Section* link = file.elf.find_section(".gnu_debugaltlink");
  if (link == nullptr) return;
  ByteReader reader(file.elf.section_bytes(*link));
  const std::string name(reader.read_c_string());
  const Bytes id = reader.ok() ? reader.read_bytes(reader.remaining()) : Bytes();
  if (id.empty() || id.size() > kMaxBuildIdBytes || name.empty()) return;
  const std::string build_id = hex(id);
  auto found = find_by_build_id(build_id, debug_directories);
  if (!found) {
    const size_t slash = file.path.rfind('/');
    const std::string beside = slash == std::string::npos ? "./" : file.path.substr(0, slash + 1);
    auto by_name = load_elf_file(name[0] == '/' ? name : beside + name);
    if (!by_name || by_name->elf.build_id() != build_id) return;
    found = std::move(*by_name);
  }
  supplement_file_ = std::make_unique<LoadedFile>(std::move(*found));
  supplement_sections_ = DebugSections::read(supplement_file_->elf);
  supplement_ = DwarfHandle::open(supplement_sections_.all());
  if (supplement_) dwarf_setalt(dwarf_->get(), supplement_->get());
}

void DwarfModule::index_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die unit_die;
  Dwarf_Die split_die;
  uint8_t type = 0;
  while (units_.size() < kMaxUnits &&
         dwarf_get_units(dwarf_->get(), unit, &unit, nullptr, &type, &unit_die, &split_die) == 0) {
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
