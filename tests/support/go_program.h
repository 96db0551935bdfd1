// A small Go program as bytes: an ELF file with .text and a .gopclntab of a chosen version, two functions in
// it. Header only.
#pragma once

#include <elf.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::test {

class GoProgram {
 public:
  static constexpr uint64_t kText = 0x401000;  ///< main.work: 0x40 bytes, 24 of stack from its fourth byte on
  static constexpr uint64_t kGoexit = 0x401040;  ///< runtime.goexit.abi0: 0x40 bytes
  static constexpr uint64_t kEnd = 0x401080;
  static constexpr uint32_t kLine = 9;  ///< of both definitions, told by 1.20

  /// `minor`: 16, 18 or 20. `relocated`: the start of the text is left to a relocation, as in a PIE.
  explicit GoProgram(int minor, bool relocated = false) : minor_(minor), relocated_(relocated) {
    const std::string table = make_table();
    file_.resize(sizeof(Elf64_Ehdr));
    sections_.push_back({});
    names_ = std::string(1, '\0');
    add_section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, kText, std::string(0x80, '\x90'));
    add_section(relocated ? ".data.rel.ro.gopclntab" : ".gopclntab", SHT_PROGBITS, SHF_ALLOC, kTable, table);
    if (relocated) {
      std::string rela;
      append(rela, Elf64_Rela{.r_offset = kTable + 24, .r_info = R_X86_64_RELATIVE, .r_addend = kText});
      add_section(".rela.dyn", SHT_RELA, SHF_ALLOC, 0, rela);
    }
    add_section(".shstrtab", SHT_STRTAB, 0, 0, names_ + ".shstrtab");
    finish();
  }
  [[nodiscard]] Bytes bytes() const { return std::as_bytes(std::span(file_)); }
  [[nodiscard]] std::string copy() const { return file_; }

 private:
  static constexpr uint64_t kTable = 0x500000;
  template <class T>
  static void append(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  [[nodiscard]] bool is_old() const { return minor_ < 18; }

  /// The record of a function: its begin, name, then what the parser skips, and its tables.
  void append_record(std::string& out, uint64_t begin, uint32_t name,
                     std::initializer_list<uint32_t> tables) const {
    if (is_old()) {
      append(out, begin);
    } else {
      append(out, static_cast<uint32_t>(begin - kText));
    }
    append(out, name);
    out.append(8, '\0');
    for (const uint32_t table : tables) append(out, table);
    out.append(8, '\0');  // further tables: none; the first unit
    append(out, minor_ < 20 ? 0 : kLine);
    out.append(16, '\0');
  }
  void append_entry(std::string& out, uint64_t begin, uint64_t record) const {
    if (is_old()) {
      append(out, begin);
      append(out, record);
    } else {
      append(out, static_cast<uint32_t>(begin - kText));
      append(out, static_cast<uint32_t>(record));
    }
  }

  [[nodiscard]] std::string make_table() const {
    using namespace std::string_literals;
    const std::string names = "\0main.work\0runtime.goexit.abi0\0"s;
    const std::string files = "\0/src/main.go\0"s;
    std::string units;
    append(units, uint32_t{1});
    // Differences of values (zig-zag) and of addresses: stack 0, 24, 0; file 0; lines 10, 12; stack 0.
    const std::string values = "\0\x02\x04\x30\x38\x2f\x04\0\x02\x40\0\x16\x08\x04\x38\0\x02\x40\0"s;
    std::string functions;
    const uint64_t first = 3 * (is_old() ? 16 : 8);
    std::string records;
    append_record(records, kText, 1, {1, 8, 11});
    const uint64_t second = first + records.size();
    append_record(records, kGoexit, 11, {16, 0, 0});
    append_entry(functions, kText, first);
    append_entry(functions, kGoexit, second);
    append_entry(functions, kEnd, 0);
    functions += records;

    std::string header;
    append(header, minor_ == 16 ? 0xfffffffa : minor_ == 18 ? 0xfffffff0 : 0xfffffff1);
    header += "\0\0\x01\x08"s;
    append(header, uint64_t{2});
    append(header, uint64_t{1});
    if (!is_old()) append(header, relocated_ ? 0 : kText);
    uint64_t offset = header.size() + 5 * sizeof(uint64_t);
    std::string content;
    for (const std::string& part : {names, units, files, values, functions}) {
      append(header, offset + content.size());
      content += part;
    }
    return header + content;
  }

  void add_section(const std::string& name, uint32_t type, uint64_t flags, uint64_t address,
                   const std::string& content) {
    Elf64_Shdr section{};
    section.sh_name = static_cast<uint32_t>(names_.size());
    section.sh_type = type;
    section.sh_flags = flags;
    section.sh_addr = address;
    section.sh_offset = file_.size();
    section.sh_size = content.size() + (type == SHT_STRTAB ? 1 : 0);
    sections_.push_back(section);
    names_ += name + '\0';
    file_ += content;
    if (type == SHT_STRTAB) file_ += '\0';
  }
  void finish() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(sections_.size());
    header.e_shstrndx = static_cast<uint16_t>(sections_.size() - 1);
    header.e_shoff = file_.size();
    for (const Elf64_Shdr& section : sections_) append(file_, section);
    std::memcpy(file_.data(), &header, sizeof header);
  }

  int minor_;
  bool relocated_;
  std::string file_;
  std::string names_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace strobe::test
