// The line table of one DWARF unit (versions 2 to 5): its files, and one pass over its program for many
// addresses at once. libdw keeps every row of every table that was asked, which takes gigabytes for a large
// program. Pure; offsets are checked; damaged bytes end the table early. Source: DWARF 5, 6.2.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "symbolize/debug_sections.h"

namespace strobe::symbolize {

struct LinePlace {
  bool is_known = false;  ///< a row covers the address
  uint64_t file = 0;      ///< index for LineProgram::path
  uint32_t line = 0;      ///< 0 for code that belongs to no line
};

class LineProgram {
 public:
  /// The table at `offset` of .debug_line; empty where it is damaged. `directory` is the unit's, for relative
  /// paths. Borrows the sections.
  static LineProgram read(const DebugSections& sections, uint64_t offset, const std::string& directory);

  /// A tidied path; empty where there is no such file.
  [[nodiscard]] std::string path(uint64_t file) const;
  /// The places of `addresses`, which are sorted and unique; parallel to them.
  [[nodiscard]] std::vector<LinePlace> find(std::span<const uint64_t> addresses) const;

 private:
  struct File {
    std::string_view name;
    uint64_t directory = 0;
  };
  struct Form {
    uint64_t content = 0;
    uint64_t form = 0;
  };
  void read_files_before_5(ByteReader& reader);
  void read_files_of_5(ByteReader& reader, const DebugSections& sections);
  [[nodiscard]] File read_entry(ByteReader& reader, const std::vector<Form>& forms,
                                const DebugSections& sections) const;
  [[nodiscard]] std::string directory(uint64_t index) const;

  std::string unit_directory_;
  std::vector<std::string_view> directories_;
  std::vector<File> files_;
  Bytes program_;
  Bytes operand_counts_;  // of the standard opcodes
  uint16_t version_ = 0;
  uint8_t offset_bytes_ = 4;
  uint8_t address_bytes_ = 8;
  uint8_t minimum_instruction_ = 1;
  int8_t line_base_ = 0;
  uint8_t line_range_ = 1;
  uint8_t opcode_base_ = 1;
};

}  // namespace strobe::symbolize
