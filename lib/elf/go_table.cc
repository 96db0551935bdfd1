#include "elf/go_table.h"

#include <algorithm>

namespace strobe::elf {
namespace {

constexpr uint32_t kMagic116 = 0xfffffffa;
constexpr uint32_t kMagic118 = 0xfffffff0;
constexpr uint32_t kMagic120 = 0xfffffff1;
constexpr size_t kMaxGoNameBytes = 4096;
constexpr int kMaxSteps = 1 << 18;  // of one table of values: one step for every change of a line
constexpr uint32_t kNoFile = UINT32_MAX;

std::string_view text_at(Bytes table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const Bytes rest = table.subspan(static_cast<size_t>(offset));
  ByteReader reader(rest.first(std::min(rest.size(), kMaxGoNameBytes)));
  return reader.read_c_string();
}

const Section* find_table(const ElfFile& file) {
  const Section* section = file.find_section(".gopclntab");
  return section != nullptr ? section : file.find_section(".data.rel.ro.gopclntab");  // position-independent
}

/// What the dynamic linker adds to the program's base and stores at `place`; 0 where it stores nothing.
uint64_t relocated_value(const ElfFile& file, uint64_t place) {
  for (const Section& section : file.sections()) {
    if (section.type != SHT_RELA || (section.flags & SHF_ALLOC) == 0) continue;
    ByteReader reader(file.section_bytes(section));
    while (reader.remaining() >= sizeof(Elf64_Rela)) {
      const auto relocation = reader.read<Elf64_Rela>();
      if (relocation.r_offset == place) return static_cast<uint64_t>(relocation.r_addend);
    }
  }
  return 0;
}

Bytes from_offset(Bytes bytes, uint64_t offset) {
  return offset <= bytes.size() ? bytes.subspan(static_cast<size_t>(offset)) : Bytes{};
}

}  // namespace

std::optional<GoTable> GoTable::find(const ElfFile& file) {
  const Section* section = find_table(file);
  if (section == nullptr || (section->flags & SHF_COMPRESSED) != 0) return std::nullopt;
  GoTable table;
  if (!table.read_header(file, *section)) return std::nullopt;
  return table;
}

bool GoTable::read_header(const ElfFile& file, const Section& section) {
  bytes_ = file.section_bytes(section);
  ByteReader reader(bytes_);
  const uint32_t magic = reader.read_u32();
  if (magic != kMagic116 && magic != kMagic118 && magic != kMagic120) return false;
  version_ = magic == kMagic116 ? Version::go1_16 : magic == kMagic118 ? Version::go1_18 : Version::go1_20;
  const bool no_padding = reader.read_u16() == 0;
  quantum_ = reader.read_u8();
  const uint8_t pointer_bytes = reader.read_u8();
  if (!no_padding || quantum_ == 0 || pointer_bytes != sizeof(uint64_t)) return false;
  function_count_ = reader.read_u64();
  reader.skip(sizeof(uint64_t));  // number of files
  if (version_ != Version::go1_16) {
    const uint64_t place = raw(section.address) + reader.offset();
    text_start_ = reader.read_u64();
    if (text_start_ == 0) text_start_ = relocated_value(file, place);
    const Section* text = file.find_section(".text");
    if (text_start_ == 0 && text != nullptr) text_start_ = raw(text->address);
  }
  names_ = from_offset(bytes_, reader.read_u64());
  units_ = from_offset(bytes_, reader.read_u64());
  files_ = from_offset(bytes_, reader.read_u64());
  values_ = from_offset(bytes_, reader.read_u64());
  functions_ = from_offset(bytes_, reader.read_u64());
  const size_t entry_bytes = version_ == Version::go1_16 ? 16 : 8;
  return reader.ok() && function_count_ != 0 && function_count_ <= functions_.size() / entry_bytes;
}

std::optional<GoTable::Entry> GoTable::entry(uint64_t index) const {
  if (index > function_count_) return std::nullopt;  // the last one only says where the code ends
  Entry found;
  if (version_ == Version::go1_16) {
    ByteReader reader(checked_subspan(functions_, index * 16, sizeof(uint64_t)));
    found.begin = reader.read_u64();
    ByteReader record(checked_subspan(functions_, index * 16 + 8, sizeof(uint64_t)));
    found.record = record.read_u64();
    return reader.ok() ? std::optional(found) : std::nullopt;
  }
  ByteReader reader(checked_subspan(functions_, index * 8, sizeof(uint32_t)));
  found.begin = text_start_ + reader.read_u32();
  ByteReader record(checked_subspan(functions_, index * 8 + 4, sizeof(uint32_t)));
  found.record = record.read_u32();
  return reader.ok() ? std::optional(found) : std::nullopt;
}

std::optional<GoFunction> GoTable::find_function(FileAddr address) const {
  uint64_t low = 0;
  uint64_t high = function_count_;
  while (low < high) {  // the last function that begins at or before the address
    const uint64_t middle = low + (high - low + 1) / 2;
    const auto at = entry(middle);
    if (at && at->begin <= raw(address)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const auto own = entry(low);
  const auto next = entry(low + 1);
  if (!own || !next || raw(address) < own->begin || raw(address) >= next->begin) return std::nullopt;

  ByteReader record(from_offset(functions_, own->record));
  record.skip(version_ == Version::go1_16 ? sizeof(uint64_t) : sizeof(uint32_t));  // where it begins
  GoFunction function{.begin = FileAddr{own->begin}, .end = FileAddr{next->begin}};
  function.name = text_at(names_, record.read_u32());
  record.skip(2 * sizeof(uint32_t));  // size of arguments, deferreturn
  function.stack_values = record.read_u32();
  function.file_values = record.read_u32();
  function.line_values = record.read_u32();
  record.skip(sizeof(uint32_t));  // number of further tables
  function.unit = record.read_u32();
  if (version_ == Version::go1_20) function.line = record.read_u32();
  if (!record.ok()) return std::nullopt;
  if (function.line == 0) function.line = line_at(function, function.begin);
  return function;
}

/// Pairs of differences (of the value, zig-zag, and of the address), both as variable-length integers; the
/// value holds up to the new address. A difference of 0 for the value ends the table, but not as its first.
std::optional<int32_t> GoTable::value_at(uint32_t table, const GoFunction& function, FileAddr address) const {
  if (table == 0) return std::nullopt;
  ByteReader reader(from_offset(values_, table));
  uint64_t pc = raw(function.begin);
  uint32_t value = UINT32_MAX;  // -1
  for (int step = 0; step < kMaxSteps; ++step) {
    const auto change = static_cast<uint32_t>(reader.read_uleb128());
    if (!reader.ok() || (change == 0 && step > 0)) return std::nullopt;
    value += (change & 1) != 0 ? ~(change >> 1) : change >> 1;
    pc += static_cast<uint32_t>(reader.read_uleb128()) * uint64_t{quantum_};
    if (!reader.ok()) return std::nullopt;
    if (raw(address) < pc) return static_cast<int32_t>(value);
  }
  return std::nullopt;
}

std::optional<int32_t> GoTable::stack_bytes(const GoFunction& function, FileAddr address) const {
  return value_at(function.stack_values, function, address);
}

uint32_t GoTable::line_at(const GoFunction& function, FileAddr address) const {
  return static_cast<uint32_t>(std::max(0, value_at(function.line_values, function, address).value_or(0)));
}

std::string_view GoTable::file_at(const GoFunction& function, FileAddr address) const {
  const auto number = value_at(function.file_values, function, address);
  if (!number || *number < 0 || function.unit == UINT32_MAX) return {};
  const uint64_t index = uint64_t{function.unit} + static_cast<uint32_t>(*number);
  ByteReader reader(checked_subspan(units_, index * sizeof(uint32_t), sizeof(uint32_t)));
  const uint32_t offset = reader.read_u32();
  return reader.ok() && offset != kNoFile ? text_at(files_, offset) : std::string_view();
}

}  // namespace strobe::elf
