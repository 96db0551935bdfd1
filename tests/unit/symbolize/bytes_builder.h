// Bytes of DWARF sections for tests, written down field by field.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "base/byte_reader.h"

namespace strobe::symbolize {

template <class T>
std::string number(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
inline std::string u8(unsigned value) { return number(static_cast<uint8_t>(value)); }
inline std::string u16(unsigned value) { return number(static_cast<uint16_t>(value)); }
inline std::string u32(size_t value) { return number(static_cast<uint32_t>(value)); }
inline std::string u64(uint64_t value) { return number(value); }
inline std::string text(const std::string& value) { return value + '\0'; }
/// The largest number that LEB128 can hold here: every count and length that is a lie.
inline std::string huge_leb128() { return std::string(9, '\xff') + '\x01'; }

/// With the length before it that units and tables have.
inline std::string with_length(const std::string& body) { return u32(body.size()) + body; }

inline Bytes bytes_of(const std::string& data) { return std::as_bytes(std::span(data)); }

/// Some bytes changed; the same for the same `random`.
inline std::string damaged(std::string data, std::mt19937& random) {
  const size_t count = 1 + random() % 3;
  for (size_t i = 0; i < count; ++i) data[random() % data.size()] = static_cast<char>(random());
  return data;
}

}  // namespace strobe::symbolize
