// Bytes as text.
#pragma once

#include <string>

#include "base/byte_reader.h"

namespace strobe {

/// Two lower-case digits for each byte.
[[nodiscard]] inline std::string to_hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace strobe
