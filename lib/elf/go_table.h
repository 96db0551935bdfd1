// The table of functions that every Go program carries for its own tracebacks (.gopclntab), also when it is
// stripped: names, files, lines, and how far the stack pointer is from the return address. Versions of Go
// 1.16, 1.18 and 1.20 (which later ones still have). A parser over bytes: every offset is checked, loops are
// bounded. Borrows the file's bytes. Source: Go's runtime/symtab.go and internal/abi/symtab.go.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "elf/elf_file.h"

namespace strobe::elf {

struct GoFunction {
  FileAddr begin{};
  FileAddr end{};         ///< where the next function begins
  std::string_view name;  ///< "main.(*Stage).Work"; "runtime.goexit.abi0"
  uint32_t line = 0;      ///< of the definition, 1.20 and later; before, of the first instruction's statement
  // Offsets in the table, for GoTable.
  uint32_t stack_values = 0;
  uint32_t file_values = 0;
  uint32_t line_values = 0;
  uint32_t unit = 0;
};

class GoTable {
 public:
  /// nullopt where the file is no Go program or of a version that is not known.
  static std::optional<GoTable> find(const ElfFile& file);

  /// The function whose range holds the address.
  [[nodiscard]] std::optional<GoFunction> find_function(FileAddr address) const;
  /// Bytes between the stack pointer and the return address while the instruction at `address` is about to be
  /// executed; nullopt for code of other languages that was linked in.
  [[nodiscard]] std::optional<int32_t> stack_bytes(const GoFunction& function, FileAddr address) const;
  /// The source file and line of an instruction; empty and 0 where the table has none.
  [[nodiscard]] std::string_view file_at(const GoFunction& function, FileAddr address) const;
  [[nodiscard]] uint32_t line_at(const GoFunction& function, FileAddr address) const;

 private:
  enum class Version : uint8_t { go1_16, go1_18, go1_20 };
  struct Entry {
    uint64_t begin = 0;
    uint64_t record = 0;  ///< offset of the function's record in `functions_`
  };
  GoTable() = default;
  bool read_header(const ElfFile& file, const Section& section);
  [[nodiscard]] std::optional<Entry> entry(uint64_t index) const;
  [[nodiscard]] std::optional<int32_t> value_at(uint32_t table, const GoFunction& function,
                                                FileAddr address) const;

  Bytes bytes_;
  Version version_ = Version::go1_20;
  uint8_t quantum_ = 1;  ///< bytes that instruction addresses are multiples of
  uint64_t function_count_ = 0;
  uint64_t text_start_ = 0;  ///< what addresses of 1.18 and later count from
  Bytes names_, units_, files_, values_, functions_;
};

}  // namespace strobe::elf
