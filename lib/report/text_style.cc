#include "report/text_style.h"

#include <algorithm>

#include "report/escape.h"

namespace strobe::report {
namespace {

constexpr size_t kLeastColumns = 40;     ///< columns; a narrower terminal breaks lines itself
constexpr size_t kMinPlaceColumns = 10;  ///< of a file or module, in front of a name that is too long

}  // namespace

std::string paint(std::string_view text, Tone tone, const TextStyle& style) {
  if (!style.color || text.empty()) return std::string(text);
  std::string_view code;
  switch (tone) {
    case Tone::plain:
      return std::string(text);
    case Tone::faint:
      code = "2";
      break;
    case Tone::strong:
      code = "1";
      break;
    case Tone::alarm:
      code = "1;31";
      break;
    case Tone::good:
      code = "32";
      break;
  }
  return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

std::string fit_location(const ShownLocation& location, size_t columns) {
  const auto& [whole, stripped] = location;
  if (columns == 0 || display_width(whole) <= columns) return whole;
  const size_t width = display_width(stripped);
  if (width + 2 <= columns && whole.ends_with(stripped)) {
    const std::string directories = whole.substr(0, whole.size() - stripped.size());
    return shorten_front(directories, columns - width) + stripped;
  }
  const size_t name = stripped.find('(', 1);
  if (width <= columns || name == std::string::npos) return shorten(stripped, columns);
  const std::string place = stripped.substr(0, name);
  const std::string function = stripped.substr(name);
  const size_t left = columns - std::min(columns, display_width(function));
  const size_t place_columns = std::max(left, kMinPlaceColumns);
  // Of a source its line is worth most, of a module its beginning.
  const bool has_line = place.find(':') != std::string::npos;
  return shorten((has_line ? shorten_front(place, place_columns) : shorten(place, place_columns)) + function,
                 columns);
}

std::vector<std::string> fold(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string wrap(std::string_view text, size_t start, size_t indent, const TextStyle& style) {
  if (style.width == 0 || start + display_width(text) <= style.width) return std::string(text);
  // The first line is folded as if it were indented like the others, with a word that takes its start.
  const size_t room = std::max(kLeastColumns, style.width - std::min(style.width, indent));
  const std::string before(start - std::min(start, indent), '*');
  std::string result;
  for (const std::string& line : fold(before + std::string(text), room)) {
    result += (result.empty() ? std::string() : '\n' + std::string(indent, ' ')) + line;
  }
  return result.substr(before.size());
}

}  // namespace strobe::report
