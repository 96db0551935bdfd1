#include "symbolize/dwarf_files.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxKeptEntries = size_t{1} << 19;  // about 12 MB of scopes
constexpr size_t kMaxKeptTables = 64;

}  // namespace

void DwarfFiles::add(Dwarf* dwarf, const DebugSections& sections) {
  files_.push_back({dwarf, &sections, {}, {}});
}

void DwarfFiles::add_split(Dwarf* dwarf, const DebugSections& sections, std::string directory,
                           Dwarf_Die skeleton) {
  files_.push_back({dwarf, &sections, std::move(directory), skeleton});
}

void DwarfFiles::remove(Dwarf* dwarf) {
  std::erase_if(files_, [&](const File& file) { return file.dwarf == dwarf; });
  scans_.clear();
  lines_.clear();
  scanned_entries_ = 0;
}

const DwarfFiles::File* DwarfFiles::find_file(Dwarf_Die unit) const {
  const auto found = std::ranges::find(files_, dwarf_cu_getdwarf(unit.cu), &File::dwarf);
  return found == files_.end() ? nullptr : &*found;
}

const UnitScan& DwarfFiles::scan(Dwarf_Die unit) {
  auto [entry, is_new] = scans_.try_emplace(unit.addr);
  const File* file = find_file(unit);
  if (!is_new || file == nullptr) return entry->second;
  const Dwarf_Off start = dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit);
  entry->second =
      scan_unit(file->sections->find(".debug_info"), file->sections->find(".debug_abbrev"), start);
  scanned_entries_ += entry->second.scopes.size();
  return entry->second;
}

const LineProgram& DwarfFiles::lines(Dwarf_Die unit) {
  const File* file = find_file(unit);
  if (file != nullptr && file->skeleton && file->sections->find(".debug_line").empty()) {
    unit = *file->skeleton;
    file = find_file(unit);
  }
  auto [entry, is_new] = lines_.try_emplace(unit.addr);
  if (!is_new || file == nullptr) return entry->second;
  Dwarf_Attribute attribute;
  Dwarf_Word offset = 0;
  // A split unit does not say where: its file has one table.
  const bool has_offset = dwarf_formudata(dwarf_attr(&unit, DW_AT_stmt_list, &attribute), &offset) == 0;
  if (!has_offset && file->directory.empty()) return entry->second;
  const char* directory = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
  entry->second =
      LineProgram::read(*file->sections, offset, directory != nullptr ? directory : file->directory);
  return entry->second;
}

void DwarfFiles::forget() {
  if (scanned_entries_ > kMaxKeptEntries) {
    scans_.clear();
    scanned_entries_ = 0;
  }
  if (lines_.size() > kMaxKeptTables) lines_.clear();
}

}  // namespace strobe::symbolize
