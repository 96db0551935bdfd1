#include "report/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace strobe::report {
namespace {

struct Character {
  uint32_t code = 0;
  size_t size = 1;     ///< bytes
  bool valid = false;  ///< well-formed, shortest-form UTF-8 of a scalar value
};

/// The first character of `text`, which is not empty.
Character decode_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  size_t size = 0;
  uint32_t code = 0;
  if ((first & 0xe0) == 0xc0) {
    size = 2, code = first & 0x1fu;
  } else if ((first & 0xf0) == 0xe0) {
    size = 3, code = first & 0x0fu;
  } else if ((first & 0xf8) == 0xf0) {
    size = 4, code = first & 0x07u;
  } else {
    return {first, 1, false};
  }
  if (text.size() < size) return {first, 1, false};
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {first, 1, false};
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[size] || code > 0x10ffff || surrogate) return {first, 1, false};
  return {code, size, true};
}

bool in(uint32_t code, uint32_t first, uint32_t last) { return code >= first && code <= last; }

/// Characters that move the cursor, change direction, or cannot be seen.
bool is_unsafe(uint32_t code) {
  return code < 0x20 || in(code, 0x7f, 0x9f) || code == 0xad || code == 0x61c || code == 0x180e ||
         in(code, 0x200b, 0x200f) || in(code, 0x2028, 0x202e) || in(code, 0x2060, 0x206f) || code == 0xfeff ||
         in(code, 0xfff9, 0xfffb) || in(code, 0xe0000, 0xe007f);
}

size_t width_of(uint32_t code) {
  if (in(code, 0x300, 0x36f) || in(code, 0xfe00, 0xfe0f)) return 0;  // combining, variation selectors
  const bool wide = in(code, 0x1100, 0x115f) || in(code, 0x2e80, 0xa4cf) || in(code, 0xac00, 0xd7a3) ||
                    in(code, 0xf900, 0xfaff) || in(code, 0xfe30, 0xfe6f) || in(code, 0xff00, 0xff60) ||
                    in(code, 0x1f300, 0x1faff) || in(code, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

constexpr std::string_view kEllipsis = "…";

}  // namespace

std::string printable(std::string_view text, size_t max_columns) {
  std::string out;
  size_t columns = 0;
  while (!text.empty()) {
    const Character character = decode_character(text);
    std::string piece;
    if (!character.valid || (character.code < 0x80 && is_unsafe(character.code))) {
      piece = fmt::format("\\x{:02x}", character.code);
    } else if (is_unsafe(character.code)) {
      piece = fmt::format("\\u{{{:x}}}", character.code);
    } else {
      piece = text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
    columns += display_width(piece);
    // Zero-width marks could be piled up without end, so bytes are bounded as well.
    if (columns > max_columns || out.size() + piece.size() > max_columns * 4)
      return shorten(out + std::string(kEllipsis), max_columns);
    out += piece;
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character character = decode_character(text);
    columns += width_of(character.code);
    text.remove_prefix(character.size);
  }
  return columns;
}

std::string shorten(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  size_t used = 1;  // the ellipsis
  while (!text.empty()) {
    const Character character = decode_character(text);
    used += width_of(character.code);
    if (used > columns) break;
    out += text.substr(0, character.size);
    text.remove_prefix(character.size);
  }
  return columns == 0 ? std::string() : out + std::string(kEllipsis);
}

std::string shorten_front(std::string_view text, size_t columns) {
  size_t width = display_width(text);
  if (width <= columns) return std::string(text);
  if (columns == 0) return {};
  while (!text.empty() && width + 1 > columns) {
    const Character character = decode_character(text);
    width -= width_of(character.code);
    text.remove_prefix(character.size);
  }
  return std::string(kEllipsis) + std::string(text);
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = decode_character(text);
    out += character.valid ? text.substr(0, character.size) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(character.size);
  }
  return out;
}

}  // namespace strobe::report
