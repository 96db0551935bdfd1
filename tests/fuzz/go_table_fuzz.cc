// Hostile Go programs: names, files, lines and stack sizes from their own table, and the rows made of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "elf/go_table.h"
#include "unwind/go_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = elf::ElfFile::parse(bytes);
  const auto table = file ? elf::GoTable::find(*file) : std::nullopt;
  if (!table) return 0;
  constexpr size_t kMaxSections = 16;
  for (size_t i = 0; i < std::min(file->sections().size(), kMaxSections); ++i) {
    const elf::Section& section = file->sections()[i];
    for (const uint64_t offset : {uint64_t{0}, uint64_t{5}, uint64_t{0x50}, section.size - 1}) {
      const FileAddr address{raw(section.address) + offset};
      static_cast<void>(unwind::find_go_row(*table, address, file->bytes_at(address)));
      const auto function = table->find_function(address);
      if (!function) continue;
      if (function->begin > address || function->end <= address) __builtin_trap();
      static_cast<void>(table->line_at(*function, address));
      static_cast<void>(table->file_at(*function, address));
    }
  }
  return 0;
}
