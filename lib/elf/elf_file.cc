#include "elf/elf_file.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hex.h"

namespace strobe::elf {
namespace {

constexpr uint64_t kPageBytes = 4096;
// The linker writes 20 (SHA-1) or 16 bytes; --build-id=0x… allows any length, which is bounded here.
constexpr uint32_t kMaxBuildIdBytes = 64;
// Longer names count as absent: many symbols with one endless name must not take quadratic time.
constexpr size_t kMaxNameBytes = size_t{64} << 10;

/// The table of `count` entries of type T at `offset`; entries beyond the end of the file are left out.
template <class T>
std::vector<T> read_table(Bytes bytes, uint64_t offset, uint64_t count) {
  if (offset >= bytes.size()) return {};
  ByteReader reader(bytes.subspan(static_cast<size_t>(offset)));
  count = std::min<uint64_t>(count, reader.remaining() / sizeof(T));
  std::vector<T> table;
  table.reserve(static_cast<size_t>(count));
  for (uint64_t i = 0; i < count; ++i) table.push_back(reader.read<T>());
  return table;
}

std::string_view string_at(Bytes table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const Bytes rest = table.subspan(static_cast<size_t>(offset));
  ByteReader reader(rest.first(std::min(rest.size(), kMaxNameBytes)));
  return reader.read_c_string();
}

Section make_section(const Elf64_Shdr& header) {
  return {.name = {},
          .type = header.sh_type,
          .flags = header.sh_flags,
          .address = FileAddr{header.sh_addr},
          .offset = header.sh_offset,
          .size = header.sh_size,
          .link = header.sh_link,
          .info = header.sh_info,
          .entry_size = header.sh_entsize,
          .alignment = header.sh_addralign};
}

Segment make_segment(const Elf64_Phdr& header) {
  return {.type = header.p_type,
          .flags = header.p_flags,
          .offset = header.p_offset,
          .address = FileAddr{header.p_vaddr},
          .file_size = header.p_filesz,
          .memory_size = header.p_memsz,
          .alignment = header.p_align};
}

/// Lower-case hex of the first GNU build-id among the notes; empty where there is none.
std::string build_id_in_notes(Bytes notes, uint64_t alignment) {
  const uint64_t align = alignment == 8 ? 8 : 4;  // gABI says 8 in ELF64; all but .note.gnu.property use 4
  uint64_t at = 0;
  while (at + sizeof(Elf64_Nhdr) <= notes.size()) {
    ByteReader reader(notes.subspan(static_cast<size_t>(at)));
    const auto header = reader.read<Elf64_Nhdr>();
    const uint64_t name_at = at + sizeof header;
    const uint64_t content_at = (name_at + header.n_namesz + align - 1) / align * align;
    const Bytes name = checked_subspan(notes, name_at, header.n_namesz);
    const Bytes content = checked_subspan(notes, content_at, header.n_descsz);
    const bool is_gnu = name.size() == 4 && std::memcmp(name.data(), "GNU", 4) == 0;
    if (is_gnu && header.n_type == NT_GNU_BUILD_ID && content.size() == header.n_descsz && !content.empty() &&
        content.size() <= kMaxBuildIdBytes) {
      return to_hex(content);
    }
    at = (content_at + header.n_descsz + align - 1) / align * align;
  }
  return {};
}

int binding_rank(uint8_t binding) {
  switch (binding) {
    case STB_GLOBAL:
    case STB_GNU_UNIQUE:
      return 0;
    case STB_WEAK:
      return 1;
    default:
      return 2;
  }
}

/// Best name first among the names of one address; total, so that equal input gives equal output.
auto preference(const Symbol& symbol) {
  const size_t underscores = std::min(symbol.name.find_first_not_of('_'), symbol.name.size());
  return std::tuple(symbol.size == 0, symbol.type == STT_NOTYPE, binding_rank(symbol.binding), underscores,
                    symbol.name.size(), symbol.name, symbol.size);
}

/// True for names that assemblers and linkers make and that name no function: ".L12", "$x" (aarch64).
bool is_artificial(std::string_view name) { return name.empty() || name[0] == '$' || name.starts_with(".L"); }

}  // namespace

Result<ElfFile> ElfFile::parse(Bytes bytes) {
  ByteReader reader(bytes);
  const auto header = reader.read<Elf64_Ehdr>();
  if (!reader.ok() || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return fail(ErrorCode::malformed, "not an ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return fail(ErrorCode::unsupported, "not a 64-bit little-endian ELF file");
  }
  if ((header.e_phnum != 0 && header.e_phentsize != sizeof(Elf64_Phdr)) ||
      (header.e_shoff != 0 && header.e_shentsize != sizeof(Elf64_Shdr))) {
    return fail(ErrorCode::malformed, "ELF header with entry sizes that do not exist");
  }
  ElfFile file;
  file.bytes_ = bytes;
  file.machine_ = header.e_machine;
  file.type_ = header.e_type;

  uint64_t section_count = header.e_shnum;
  uint64_t segment_count = header.e_phnum;
  uint64_t names_index = header.e_shstrndx;
  if (header.e_shoff != 0) {
    // Counts that do not fit the header's 16 bits are in the first section header (gABI, chapter 4).
    const auto first = read_table<Elf64_Shdr>(bytes, header.e_shoff, 1);
    if (!first.empty()) {
      if (section_count == 0) section_count = first[0].sh_size;
      if (segment_count == PN_XNUM) segment_count = first[0].sh_info;
      if (names_index == SHN_XINDEX) names_index = first[0].sh_link;
    }
    const auto headers = read_table<Elf64_Shdr>(bytes, header.e_shoff, section_count);
    file.sections_.reserve(headers.size());
    for (const Elf64_Shdr& section : headers) file.sections_.push_back(make_section(section));
    if (names_index < headers.size()) {
      const Bytes names = file.section_bytes(file.sections_[static_cast<size_t>(names_index)]);
      for (size_t i = 0; i < headers.size(); ++i) {
        file.sections_[i].name = string_at(names, headers[i].sh_name);
      }
    }
  }
  if (header.e_phoff != 0) {
    for (const Elf64_Phdr& segment : read_table<Elf64_Phdr>(bytes, header.e_phoff, segment_count)) {
      file.segments_.push_back(make_segment(segment));
    }
  }
  return file;
}

const Section* ElfFile::find_section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

Bytes ElfFile::section_bytes(const Section& section) const {
  if (section.type == SHT_NOBITS) return {};
  return checked_subspan(bytes_, section.offset, section.size);
}

Bytes ElfFile::bytes_at(FileAddr address) const {
  for (const Segment& segment : segments_) {
    if (segment.type != PT_LOAD || address < segment.address) continue;
    const uint64_t delta = raw(address) - raw(segment.address);
    if (delta >= segment.file_size || segment.offset >= bytes_.size()) continue;
    const uint64_t held = std::min<uint64_t>(segment.file_size, bytes_.size() - segment.offset);
    if (delta >= held) return {};
    return bytes_.subspan(static_cast<size_t>(segment.offset + delta), static_cast<size_t>(held - delta));
  }
  return {};
}

std::optional<FileAddr> ElfFile::address_of_offset(uint64_t offset) const {
  // In order of preference: inside of an executable segment, on its first page, inside of any segment.
  const auto find = [&](bool executable, uint64_t slack_mask) -> const Segment* {
    for (const Segment& segment : segments_) {
      if (segment.type != PT_LOAD || (executable && (segment.flags & PF_X) == 0)) continue;
      const uint64_t start = segment.offset & ~slack_mask;
      if (offset >= start && offset - start < segment.file_size + (segment.offset - start)) return &segment;
    }
    return nullptr;
  };
  const Segment* segment = find(true, 0);
  if (segment == nullptr) segment = find(true, kPageBytes - 1);
  if (segment == nullptr) segment = find(false, 0);
  if (segment == nullptr) return std::nullopt;
  return FileAddr{raw(segment->address) + (offset - segment->offset)};  // modulo 2^64, as biases are
}

std::string ElfFile::build_id() const {
  // Sound tables do not overlap, so together they are no larger than the file; hostile ones end there.
  uint64_t budget = 2 * bytes_.size();
  const auto search = [&](Bytes notes, uint64_t alignment) -> std::string {
    if (notes.size() > budget) return {};
    budget -= notes.size();
    return build_id_in_notes(notes, alignment);
  };
  // Sections first: the segments of a separate debug file point at bytes that are not there.
  for (const Section& section : sections_) {
    if (section.type != SHT_NOTE) continue;
    std::string id = search(section_bytes(section), section.alignment);
    if (!id.empty()) return id;
  }
  for (const Segment& segment : segments_) {
    if (segment.type != PT_NOTE) continue;
    std::string id = search(checked_subspan(bytes_, segment.offset, segment.file_size), segment.alignment);
    if (!id.empty()) return id;
  }
  return {};
}

std::optional<ElfFile::DebugLink> ElfFile::debug_link() const {
  const Section* section = find_section(".gnu_debuglink");
  if (section == nullptr) return std::nullopt;
  ByteReader reader(section_bytes(*section));
  DebugLink link;
  link.file_name = reader.read_c_string();
  reader.seek((reader.offset() + 3) / 4 * 4);
  link.crc = reader.read_u32();
  if (!reader.ok() || link.file_name.empty()) return std::nullopt;
  return link;
}

std::vector<Symbol> ElfFile::function_symbols() const {
  std::vector<Symbol> symbols;
  uint64_t budget = bytes_.size();  // sound tables do not overlap; hostile ones end there
  for (const Section& table : sections_) {
    if ((table.type != SHT_SYMTAB && table.type != SHT_DYNSYM) || table.link >= sections_.size()) continue;
    const Bytes names = section_bytes(sections_[table.link]);
    ByteReader reader(section_bytes(table));
    symbols.reserve(symbols.size() + reader.remaining() / sizeof(Elf64_Sym));
    if (reader.remaining() > budget) break;
    budget -= reader.remaining();
    while (reader.remaining() >= sizeof(Elf64_Sym)) {
      const auto entry = reader.read<Elf64_Sym>();
      const uint8_t type = ELF64_ST_TYPE(entry.st_info);
      if (entry.st_shndx == SHN_UNDEF || entry.st_shndx == SHN_COMMON) continue;
      const bool in_code =
          entry.st_shndx < sections_.size() && (sections_[entry.st_shndx].flags & SHF_EXECINSTR) != 0;
      if (type != STT_FUNC && type != STT_GNU_IFUNC && !(type == STT_NOTYPE && in_code)) continue;
      const std::string_view name = string_at(names, entry.st_name);
      if (is_artificial(name)) continue;
      symbols.push_back({.address = FileAddr{entry.st_value},
                         .size = entry.st_size,
                         .name = name,
                         .binding = static_cast<uint8_t>(ELF64_ST_BIND(entry.st_info)),
                         .type = type});
    }
  }
  std::ranges::sort(symbols, [](const Symbol& a, const Symbol& b) {
    if (a.address != b.address) return a.address < b.address;
    return preference(a) < preference(b);
  });
  // Not std::ranges::unique: clang 14 cannot compile that of this standard library.
  const auto same_address = [](const Symbol& a, const Symbol& b) { return a.address == b.address; };
  symbols.erase(std::unique(symbols.begin(), symbols.end(), same_address), symbols.end());
  return symbols;
}

}  // namespace strobe::elf
