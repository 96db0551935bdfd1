// Hostile ELF files: headers, sections, notes, symbols, PLT names, and names to demangle. Whatever the parser
// lends lies in the file; symbols come sorted.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "elf/elf_file.h"
#include "symbolize/demangle.h"
#include "symbolize/symbol_index.h"

namespace {

using namespace strobe;

constexpr size_t kMaxLookups = 64;

void require(bool condition) {
  if (!condition) std::abort();
}

void look_at(const elf::ElfFile& file) {
  static_cast<void>(file.build_id());
  static_cast<void>(file.debug_link());
  for (const elf::Section& section : file.sections()) {
    const Bytes bytes = file.section_bytes(section);
    require(bytes.empty() || (bytes.data() >= file.bytes().data() &&
                              bytes.data() + bytes.size() <= file.bytes().data() + file.bytes().size()));
  }
  for (const elf::Segment& segment : file.segments()) {
    static_cast<void>(file.bytes_at(segment.address));
    static_cast<void>(file.address_of_offset(segment.offset));
  }
  const auto symbols = file.function_symbols();
  require(std::is_sorted(symbols.begin(), symbols.end(),
                         [](const auto& a, const auto& b) { return a.address < b.address; }));
  const symbolize::SymbolIndex index(&file, nullptr);
  for (size_t i = 0; i < std::min(symbols.size(), kMaxLookups); ++i) {
    static_cast<void>(index.find(symbols[i].address));
    static_cast<void>(symbolize::demangle(symbols[i].name));
  }
  for (size_t i = 0; i < std::min(file.sections().size(), kMaxLookups); ++i) {
    static_cast<void>(index.find(file.sections()[i].address));
    static_cast<void>(index.find_plt_name(file.sections()[i].address));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto file = elf::ElfFile::parse(bytes)) {
    look_at(*file);
  } else {
    static_cast<void>(
        symbolize::demangle({reinterpret_cast<const char*>(data), std::min<size_t>(size, 4096)}));
  }
  return 0;
}
