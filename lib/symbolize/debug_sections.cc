#include "symbolize/debug_sections.h"

#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <array>
#include <utility>

#include "elf/section_content.h"

namespace strobe::symbolize {
namespace {

constexpr std::array<std::string_view, 9> kWanted = {"info",        "abbrev", "line",   "str",     "line_str",
                                                     "str_offsets", "addr",   "ranges", "rnglists"};

/// ".debug_info" for ".debug_info", ".zdebug_info" and, with that suffix, ".debug_info.dwo"; else empty.
std::string plain_name(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return {};
  name.remove_suffix(suffix.size());
  for (const std::string_view start : {".debug_", ".zdebug_"}) {
    if (!name.starts_with(start)) continue;
    const std::string_view rest = name.substr(start.size());
    if (std::ranges::find(kWanted, rest) != kWanted.end()) return ".debug_" + std::string(rest);
  }
  return {};
}

constexpr size_t kLargeBytes = size_t{16} << 20;  // worth a file on a disk

bool add_section(Elf* elf, size_t name_at, uint32_t type, Bytes bytes) {
  Elf_Scn* section = elf_newscn(elf);
  Elf_Data* data = section != nullptr ? elf_newdata(section) : nullptr;
  GElf_Shdr header{};
  if (data == nullptr || gelf_getshdr(section, &header) == nullptr) return false;
  data->d_buf = const_cast<std::byte*>(bytes.data());  // read only: nothing is packed any more
  data->d_size = bytes.size();
  data->d_type = ELF_T_BYTE;
  data->d_version = EV_CURRENT;
  data->d_align = 1;
  header.sh_type = type;
  header.sh_name = static_cast<GElf_Word>(name_at);
  header.sh_size = bytes.size();
  return gelf_update_shdr(section, &header) != 0;
}

/// An x86-64 file of these sections. The bytes and `names` are borrowed.
bool assemble(Elf* elf, std::span<const NamedBytes> sections, std::string_view suffix, std::string& names) {
  GElf_Ehdr header{};
  if (elf == nullptr || gelf_newehdr(elf, ELFCLASS64) == nullptr) return false;
  names.assign(1, '\0');
  for (const NamedBytes& section : sections) {
    const size_t name_at = names.size();
    names.append(section.name).append(suffix).push_back('\0');
    if (!add_section(elf, name_at, SHT_PROGBITS, section.bytes)) return false;
  }
  if (!add_section(elf, 0, SHT_STRTAB, std::as_bytes(std::span(names)))) return false;
  if (gelf_getehdr(elf, &header) == nullptr) return false;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_shstrndx = static_cast<GElf_Half>(sections.size() + 1);
  return gelf_update_ehdr(elf, &header) != 0;
}

}  // namespace

DebugSections DebugSections::read(const elf::ElfFile& file, std::string_view suffix) {
  DebugSections result;
  for (const elf::Section& section : file.sections()) {
    std::string name = plain_name(section.name, suffix);
    if (name.empty() || !result.find(name).empty()) continue;
    const auto content = elf::section_content(file, section);
    if (!content || content->size == 0) continue;
    if (content->packing == elf::Packing::none) {
      result.sections_.push_back({std::move(name), content->stored});
      continue;
    }
    const Bytes bytes = result.unpack(*content);
    if (!bytes.empty()) result.sections_.push_back({std::move(name), bytes});
  }
  return result;
}

Bytes DebugSections::unpack(const elf::SectionContent& content) {
  const auto size = static_cast<size_t>(content.size);
  if (auto scratch = size >= kLargeBytes ? ScratchBytes::make(size) : std::nullopt) {
    if (!elf::unpack(content, scratch->bytes(), [&] { scratch->drop_pages(); })) return {};
    scratch->drop_pages();
    unpacked_large_.push_back(std::move(*scratch));
    return unpacked_large_.back().bytes();
  }
  std::vector<std::byte> bytes(size);
  if (!elf::unpack(content, bytes)) return {};
  unpacked_.push_back(std::move(bytes));
  return unpacked_.back();
}

void DebugSections::drop_pages() const {
  for (const ScratchBytes& bytes : unpacked_large_) bytes.drop_pages();
}

DebugSections DebugSections::of_split(Elf* elf) {
  DebugSections result;
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return result;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    std::string plain = name != nullptr ? plain_name(name, ".dwo") : std::string();
    const Elf_Data* data = plain.empty() ? nullptr : elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) continue;
    result.sections_.push_back(
        {std::move(plain), {static_cast<const std::byte*>(data->d_buf), data->d_size}});
  }
  return result;
}

Bytes DebugSections::find(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &NamedBytes::name);
  return found == sections_.end() ? Bytes() : found->bytes;
}

std::optional<DwarfHandle> DwarfHandle::open(std::span<const NamedBytes> sections) {
  elf_version(EV_CURRENT);
  DwarfHandle handle;
  handle.nowhere_ = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  handle.elf_.reset(elf_begin(handle.nowhere_.get(), ELF_C_WRITE, nullptr));
  Elf* elf = handle.elf_.get();
  handle.names_ = std::make_unique<std::string>();
  if (!assemble(elf, sections, "", *handle.names_)) return std::nullopt;
  handle.dwarf_.reset(dwarf_begin_elf(elf, DWARF_C_READ, nullptr));
  if (handle.dwarf_ == nullptr) return std::nullopt;
  return handle;
}

bool write_elf_file(const UniqueFd& file, std::span<const NamedBytes> sections, std::string_view suffix) {
  elf_version(EV_CURRENT);
  Elf* elf = elf_begin(file.get(), ELF_C_WRITE, nullptr);
  std::string names;
  const bool written = assemble(elf, sections, suffix, names) && elf_update(elf, ELF_C_WRITE) >= 0;
  elf_end(elf);
  return written;
}

}  // namespace strobe::symbolize
