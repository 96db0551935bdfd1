#include "symbolize/unit_index.h"

#include <algorithm>

namespace strobe::symbolize {
namespace {

constexpr uint32_t kGnuVersion = 2;
constexpr uint32_t kDwarf5Version = 5;
constexpr uint32_t kMaxColumns = 16;
constexpr uint64_t kHeaderBytes = 16;
constexpr size_t kStringsHeaderBytes = 8;  // of .debug_str_offsets: length, version, padding
constexpr size_t kMaxStringsBytes = size_t{64} << 20;

/// Where the tables of an index are.
struct IndexShape {
  uint32_t version = 0;
  uint32_t columns = 0;
  uint32_t units = 0;
  uint32_t slots = 0;  ///< of the hash table: a power of two
  uint64_t rows = 0;   ///< offset of the row that names the columns

  [[nodiscard]] uint64_t row_bytes() const { return uint64_t{4} * columns; }
};

uint64_t read_at(Bytes bytes, uint64_t offset, int size) {
  ByteReader reader(bytes);
  reader.seek(static_cast<size_t>(offset));
  return size == 8 ? reader.read_u64() : reader.read_u32();
}

void append_u32(std::vector<std::byte>& bytes, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
}

std::optional<IndexShape> read_shape(Bytes index) {
  if (index.size() < kHeaderBytes) return std::nullopt;
  ByteReader reader(index);
  IndexShape shape;
  shape.version = reader.read_u32();
  if (shape.version != kGnuVersion) shape.version &= 0xffff;  // 16 bits, and 16 of padding
  shape.columns = reader.read_u32();
  shape.units = reader.read_u32();
  shape.slots = reader.read_u32();
  const bool known = shape.version == kGnuVersion || shape.version == kDwarf5Version;
  const bool sound = shape.columns > 0 && shape.columns <= kMaxColumns && shape.slots > 0 &&
                     (shape.slots & (shape.slots - 1)) == 0 && shape.units <= shape.slots;
  if (!known || !sound) return std::nullopt;
  shape.rows = kHeaderBytes + uint64_t{12} * shape.slots;
  const uint64_t end = shape.rows + shape.row_bytes() * (1 + 2 * uint64_t{shape.units});
  if (end > index.size()) return std::nullopt;
  return shape;
}

/// Counted from 1; 0 where there is none.
uint32_t find_row(Bytes index, const IndexShape& shape, uint64_t unit_id) {
  const uint64_t mask = shape.slots - 1;
  const uint64_t step = ((unit_id >> 32) & mask) | 1;
  const uint64_t row_numbers = kHeaderBytes + uint64_t{8} * shape.slots;
  uint64_t slot = unit_id & mask;
  for (uint32_t tries = 0; tries < shape.slots; ++tries, slot = (slot + step) & mask) {
    const auto row = static_cast<uint32_t>(read_at(index, row_numbers + 4 * slot, 4));
    if (row == 0) return 0;
    if (read_at(index, kHeaderBytes + 8 * slot, 8) == unit_id) return row <= shape.units ? row : 0;
  }
  return 0;
}

/// Empty where the section is not needed: macros, locations, types.
std::string_view section_of(uint64_t column_id, uint32_t version) {
  switch (column_id) {
    case 1:
      return ".debug_info";
    case 3:
      return ".debug_abbrev";
    case 4:
      return ".debug_line";
    case 6:
      return ".debug_str_offsets";
    case 8:
      return version == kDwarf5Version ? ".debug_rnglists" : "";
    default:
      return "";
  }
}

}  // namespace

std::vector<UnitPart> find_unit_parts(Bytes index, uint64_t unit_id) {
  const auto shape = read_shape(index);
  const uint32_t row = shape ? find_row(index, *shape, unit_id) : 0;
  if (row == 0) return {};
  const uint64_t offsets = shape->rows + shape->row_bytes() * row;
  const uint64_t sizes = offsets + shape->row_bytes() * shape->units;
  std::vector<UnitPart> parts;
  for (uint64_t column = 0; column < shape->columns; ++column) {
    const std::string_view section = section_of(read_at(index, shape->rows + 4 * column, 4), shape->version);
    const auto size = static_cast<uint32_t>(read_at(index, sizes + 4 * column, 4));
    if (section.empty() || size == 0) continue;
    parts.push_back({section, static_cast<uint32_t>(read_at(index, offsets + 4 * column, 4)), size});
  }
  return parts;
}

std::optional<UnitStrings> gather_strings(Bytes offsets, Bytes text, bool is_dwarf5) {
  UnitStrings strings;
  const size_t header = is_dwarf5 ? kStringsHeaderBytes : 0;
  if (offsets.size() < header) return std::nullopt;
  strings.offsets.assign(offsets.begin(), offsets.begin() + static_cast<ptrdiff_t>(header));
  strings.offsets.reserve(offsets.size());
  strings.text.push_back(std::byte{0});
  ByteReader reader(offsets.subspan(header));
  while (reader.remaining() >= 4) {
    const uint32_t offset = reader.read_u32();
    const Bytes rest = offset < text.size() ? text.subspan(offset) : Bytes();
    const auto end = std::ranges::find(rest, std::byte{0});
    if (end == rest.begin() || end == rest.end()) {
      append_u32(strings.offsets, 0);
      continue;
    }
    const auto length = static_cast<size_t>(end - rest.begin()) + 1;
    if (strings.text.size() + length > kMaxStringsBytes) return std::nullopt;
    append_u32(strings.offsets, static_cast<uint32_t>(strings.text.size()));
    strings.text.insert(strings.text.end(), rest.begin(), rest.begin() + static_cast<ptrdiff_t>(length));
  }
  return strings;
}

}  // namespace strobe::symbolize
