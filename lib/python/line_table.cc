#include "python/line_table.h"

#include <limits>

namespace strobe::python {
namespace {

/// A line that fits, else nullopt: hostile deltas may add up to anything.
std::optional<int> checked_line(int64_t line) {
  if (line < 0 || line > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(line);
}

/// co_lnotab, up to 3.9: pairs of address delta (unsigned) and line delta (signed).
std::optional<int> find_in_lnotab(ByteReader table, int64_t line, int64_t offset) {
  int64_t address = 0;
  while (table.remaining() >= 2) {
    address += table.read_u8();
    if (address > offset) break;
    line += table.read<int8_t>();
  }
  return checked_line(line);
}

/// co_linetable of 3.10: pairs of the bytes that a line has and its delta, -128 for no line.
std::optional<int> find_in_ranges(ByteReader table, int64_t line, int64_t offset) {
  constexpr int kNoLine = -128;
  int64_t end = 0;
  while (table.remaining() >= 2) {
    const int64_t start = end;
    end += table.read_u8();
    const uint8_t byte = table.read_u8();
    const int delta = byte < 128 ? byte : byte - 256;
    if (delta != kNoLine) line += delta;
    if (start <= offset && offset < end) return delta == kNoLine ? std::nullopt : checked_line(line);
  }
  return std::nullopt;
}

/// Six bits a byte, least significant first, bit 6: more.
uint64_t read_varint(ByteReader& table) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 36; shift += 6) {  // lines are 32 bits
    const uint8_t byte = table.read_u8();
    value |= static_cast<uint64_t>(byte & 0x3f) << shift;
    if (!table.ok() || (byte & 0x40) == 0) break;
  }
  return value;
}

int64_t read_signed_varint(ByteReader& table) {
  const uint64_t value = read_varint(table);
  const auto magnitude = static_cast<int64_t>(value >> 1);
  return (value & 1) != 0 ? -magnitude : magnitude;
}

/// Forms of an entry of the location table: codes below kOneLine0 are short forms on the same line.
enum : unsigned { kOneLine0 = 10, kOneLine2 = 12, kNoColumns = 13, kLong = 14, kNoLocation = 15 };

/// Reads an entry behind its first byte and changes `line` as it says.
void read_entry(ByteReader& table, unsigned code, int64_t& line) {
  if (code == kNoLocation) return;
  if (code == kLong) {
    line += read_signed_varint(table);
    for (int i = 0; i < 3; ++i) static_cast<void>(read_varint(table));  // end line and columns
  } else if (code == kNoColumns) {
    line += read_signed_varint(table);
  } else if (code >= kOneLine0) {
    line += code - kOneLine0;
    table.skip(2);
  } else {
    table.skip(1);
  }
}

/// The location table of 3.11 and later.
std::optional<int> find_in_locations(ByteReader table, int64_t line, int64_t offset) {
  int64_t address = 0;
  while (!table.at_end()) {
    const uint8_t first = table.read_u8();
    const unsigned code = first >> 3 & 15;
    if ((first & 0x80) == 0) return std::nullopt;  // not the beginning of an entry
    read_entry(table, code, line);
    if (!table.ok()) return std::nullopt;
    address += 2 * (int64_t{first & 7} + 1);
    if (address > offset) return code == kNoLocation ? std::nullopt : checked_line(line);
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> find_line(int minor, Bytes table, int first_line, int64_t offset) {
  if (offset < 0) return checked_line(first_line);
  const ByteReader reader(table);
  if (minor <= 9) return find_in_lnotab(reader, first_line, offset);
  if (minor == 10) return find_in_ranges(reader, first_line, offset);
  return find_in_locations(reader, first_line, offset);
}

}  // namespace strobe::python
