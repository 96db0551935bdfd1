// A parsed view over the bytes of one ELF64 little-endian file (or memory image of the vDSO): headers,
// segments, sections, build-id, symbols. Pure: bytes in, facts out; every offset is checked, so corrupt
// and truncated files give errors or fewer facts, never a crash. Borrow: the bytes outlive the view.
// Source: System V gABI chapters 4-5, x86-64 psABI, linux notes in elf(5).
#pragma once

#include <elf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/address.h"

namespace strobe::elf {

struct Section {
  std::string_view name;  ///< borrowed from the file
  uint32_t type = 0;      ///< SHT_*
  uint64_t flags = 0;     ///< SHF_*
  FileAddr address{};
  uint64_t offset = 0;
  uint64_t size = 0;
  uint32_t link = 0;
  uint32_t info = 0;
  uint64_t entry_size = 0;
  uint64_t alignment = 0;
};

struct Segment {
  uint32_t type = 0;   ///< PT_*
  uint32_t flags = 0;  ///< PF_*
  uint64_t offset = 0;
  FileAddr address{};
  uint64_t file_size = 0;
  uint64_t memory_size = 0;
  uint64_t alignment = 0;
};

/// A function symbol: STT_FUNC, STT_GNU_IFUNC, or STT_NOTYPE in executable sections (hand-written assembly).
struct Symbol {
  FileAddr address{};
  uint64_t size = 0;      ///< 0 where the symbol table has none
  std::string_view name;  ///< borrowed from the file; not demangled
  uint8_t binding = 0;    ///< STB_*
  uint8_t type = 0;       ///< STT_*
};

class ElfFile {
 public:
  /// Fails (malformed, unsupported) where the bytes are no ELF64 little-endian file of a plausible shape.
  static Result<ElfFile> parse(Bytes bytes);

  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] uint16_t machine() const { return machine_; }  ///< EM_*
  [[nodiscard]] uint16_t file_type() const { return type_; }   ///< ET_EXEC, ET_DYN, ET_REL
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }

  [[nodiscard]] const Section* find_section(std::string_view name) const;
  /// The section's bytes in the file; empty for SHT_NOBITS and where they lie outside of the file.
  /// As stored: a section with SHF_COMPRESSED is not unpacked.
  [[nodiscard]] Bytes section_bytes(const Section& section) const;
  /// Bytes of the loaded image at a file address, up to the end of what the file holds of its segment.
  [[nodiscard]] Bytes bytes_at(FileAddr address) const;
  /// The file address of a file offset, by the PT_LOAD segment that holds it. Meant for executable mappings:
  /// an executable segment wins where pages of two segments overlap, and counts from the start of its page,
  /// because mmap(2) maps whole pages.
  [[nodiscard]] std::optional<FileAddr> address_of_offset(uint64_t offset) const;

  /// Lower-case hex of NT_GNU_BUILD_ID; empty where there is none.
  [[nodiscard]] std::string build_id() const;
  /// The .gnu_debuglink file name and CRC.
  struct DebugLink {
    std::string_view file_name;
    uint32_t crc = 0;
  };
  [[nodiscard]] std::optional<DebugLink> debug_link() const;

  /// Function symbols of .symtab and .dynsym, sorted by address, duplicates removed (the better binding
  /// kept).
  [[nodiscard]] std::vector<Symbol> function_symbols() const;

 private:
  ElfFile() = default;
  Bytes bytes_;
  uint16_t machine_ = 0;
  uint16_t type_ = 0;
  std::vector<Section> sections_;
  std::vector<Segment> segments_;
};

}  // namespace strobe::elf
