// Pointers as .eh_frame encodes them (Linux Standard Base, "DWARF Extensions"). Freestanding.
#pragma once

#include <cstdint>

#include "base/byte_reader.h"

namespace strobe::unwind {

namespace eh_pe {
inline constexpr uint8_t kAbsolute = 0x00;
inline constexpr uint8_t kUleb128 = 0x01;
inline constexpr uint8_t kUdata2 = 0x02;
inline constexpr uint8_t kUdata4 = 0x03;
inline constexpr uint8_t kUdata8 = 0x04;
inline constexpr uint8_t kSleb128 = 0x09;
inline constexpr uint8_t kSdata2 = 0x0a;
inline constexpr uint8_t kSdata4 = 0x0b;
inline constexpr uint8_t kSdata8 = 0x0c;
inline constexpr uint8_t kFormatMask = 0x0f;
inline constexpr uint8_t kPcRelative = 0x10;
inline constexpr uint8_t kDataRelative = 0x30;
inline constexpr uint8_t kApplicationMask = 0x70;
inline constexpr uint8_t kIndirect = 0x80;
inline constexpr uint8_t kOmit = 0xff;
}  // namespace eh_pe

/// What relative pointers are relative to, as file addresses.
struct PointerBase {
  uint64_t section = 0;  ///< of the first byte of the reader
  uint64_t data = 0;     ///< of .eh_frame_hdr, for its table
};

/// Reads one pointer; false (with the reader failed or not) where it is out of bounds or of a form that has
/// no place in unwind tables (text-, function-relative, aligned). Indirect pointers give the pointer's place.
[[nodiscard]] bool read_eh_pointer(ByteReader& reader, uint8_t encoding, const PointerBase& base,
                                   uint64_t& out);

}  // namespace strobe::unwind
