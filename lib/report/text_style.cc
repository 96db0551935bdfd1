#include "report/text_style.h"

#include "report/escape.h"

namespace strobe::report {

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
  return shorten(stripped, columns);
}

}  // namespace strobe::report
