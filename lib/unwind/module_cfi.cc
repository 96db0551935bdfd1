#include "unwind/module_cfi.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "unwind/core/cfi_program.h"
#include "unwind/core/frame_pointer.h"
#include "unwind/go_rows.h"

namespace strobe::unwind {

namespace {

/// _start of glibc, musl and others is at most 40 to 50 bytes long.
constexpr uint64_t kEntryCodeSize = 64;

/// Records of a section by address, and FDEs without code or corrupt ones left out.
template <class Entry>
std::vector<Entry> build_index(const CfiSection& section) {
  std::vector<Entry> index;
  uint64_t offset = 0;
  uint64_t next = 0;
  while (offset < section.bytes.size()) {
    Fde fde;
    RecordKind kind = RecordKind::terminator;
    const bool decoded = decode_record(section, offset, kind, fde, next);
    if (next <= offset) break;  // cannot go on
    // Not a zero address: linkers leave FDEs of functions they dropped with that.
    if (decoded && kind == RecordKind::fde && fde.pc_begin < fde.pc_end && fde.pc_begin != 0) {
      index.push_back({.pc_begin = fde.pc_begin, .offset = offset});
    }
    offset = next;
  }
  std::stable_sort(index.begin(), index.end(),
                   [](const Entry& a, const Entry& b) { return a.pc_begin < b.pc_begin; });
  return index;
}

}  // namespace

ModuleCfi::ModuleCfi(MappedFile file, elf::ElfFile elf)
    : file_(std::move(file)), elf_(std::move(elf)), go_(elf::GoTable::find(elf_)) {
  find_eh_frame();
  if (const elf::Section* section = elf_.find_section(".debug_frame");
      section != nullptr && (section->flags & SHF_COMPRESSED) == 0) {
    debug_frame_.section = {.bytes = elf_.section_bytes(*section),
                            .address = raw(section->address),
                            .format = CfiSection::Format::debug_frame};
  }
}

ModuleCfi::~ModuleCfi() = default;

Result<std::unique_ptr<ModuleCfi>> ModuleCfi::make(MappedFile file) {
  auto elf = elf::ElfFile::parse(file.bytes());
  if (!elf) return pass(std::move(elf));
  return std::unique_ptr<ModuleCfi>(new ModuleCfi(std::move(file), std::move(*elf)));
}

void ModuleCfi::find_eh_frame() {
  CfiSection& section = eh_frame_.section;
  section.format = CfiSection::Format::eh_frame;
  // The program header first: it is there in files without section headers and in the vDSO's image.
  for (const elf::Segment& segment : elf_.segments()) {
    if (segment.type != PT_GNU_EH_FRAME) continue;
    const Bytes bytes = checked_subspan(elf_.bytes(), segment.offset, segment.file_size);
    if (!decode_eh_frame_header(bytes, raw(segment.address), header_)) continue;
    section.address = header_.eh_frame_address;
    section.bytes = elf_.bytes_at(FileAddr{section.address});
    if (!section.bytes.empty()) return;
  }
  header_ = {};
  section.bytes = {};
  const elf::Section* named = elf_.find_section(".eh_frame");
  if (named == nullptr) return;
  section.address = raw(named->address);
  section.bytes = elf_.section_bytes(*named);
}

const ModuleCfi::IndexEntry* ModuleCfi::find_entry(Table& table, uint64_t address) {
  if (table.section.bytes.empty()) return nullptr;
  if (!table.indexed) {
    table.index = build_index<IndexEntry>(table.section);
    table.indexed = true;
  }
  auto after = std::upper_bound(table.index.begin(), table.index.end(), address,
                                [](uint64_t a, const IndexEntry& entry) { return a < entry.pc_begin; });
  return after == table.index.begin() ? nullptr : &*std::prev(after);
}

ModuleCfi::Lookup ModuleCfi::find_in(Table& table, uint64_t address, Fde& fde) {
  const IndexEntry* entry = find_entry(table, address);
  if (entry == nullptr) return Lookup::none;
  if (!decode_fde(table.section, entry->offset, fde)) return Lookup::bad;
  return fde.contains(address) ? Lookup::found : Lookup::none;
}

std::optional<FileAddr> ModuleCfi::find_untabled_record(FileAddr address) const {
  if (!header_.table.empty()) return std::nullopt;
  const IndexEntry* entry = find_entry(eh_frame_, raw(address));
  if (entry == nullptr) return std::nullopt;
  return FileAddr{eh_frame_.section.address + entry->offset};
}

ModuleCfi::Lookup ModuleCfi::find_fde(FileAddr address, Fde& fde) const {
  const uint64_t pc = raw(address);
  Lookup found = Lookup::none;
  if (!header_.table.empty()) {
    const uint64_t place = header_.find_fde_address(pc);
    const CfiSection& section = eh_frame_.section;
    if (place >= section.address && place - section.address < section.bytes.size()) {
      if (!decode_fde(section, place - section.address, fde)) {
        found = Lookup::bad;
      } else if (fde.contains(pc)) {
        found = Lookup::found;
      }
    }
  } else {
    found = find_in(eh_frame_, pc, fde);
  }
  if (found == Lookup::found) return found;
  const Lookup other = find_in(debug_frame_, pc, fde);
  return other == Lookup::none ? found : other;
}

ModuleCfi::Lookup ModuleCfi::find_row(FileAddr address, UnwindRow& row) const {
  if (go_) {
    // Go's signal trampoline is ordinary code to its table; its instructions say what it is.
    const Bytes code = code_at(address);
    const auto go_row = is_signal_trampoline(code) ? std::nullopt : find_go_row(*go_, address, code);
    if (go_row) row = *go_row;
    if (go_row) return Lookup::found;
  }
  Fde fde;
  const Lookup found = find_fde(address, fde);
  if (found != Lookup::found) return found;
  return decode_row(fde, raw(address), row) ? Lookup::found : Lookup::bad;
}

Bytes ModuleCfi::code_at(FileAddr address) const {
  for (const elf::Segment& segment : elf_.segments()) {
    if (segment.type != PT_LOAD || (segment.flags & PF_X) == 0) continue;
    const uint64_t offset = raw(address) - raw(segment.address);
    if (offset >= segment.file_size) continue;
    return checked_subspan(elf_.bytes(), segment.offset + offset, segment.file_size - offset);
  }
  return {};
}

bool ModuleCfi::is_entry_code(FileAddr address) const {
  Elf64_Ehdr header;
  if (elf_.bytes().size() < sizeof header) return false;
  std::memcpy(&header, elf_.bytes().data(), sizeof header);
  const uint64_t offset = raw(address) - header.e_entry;
  if (header.e_entry == 0 || offset >= kEntryCodeSize) return false;
  // Behind the hlt that ends glibc's _start come other functions.
  const Bytes code = code_at(FileAddr{header.e_entry});
  const auto end = std::find(code.begin(), code.end(), std::byte{0xf4});
  return offset <= static_cast<uint64_t>(end - code.begin());
}

}  // namespace strobe::unwind
