#include "report/text_style.h"

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

}  // namespace strobe::report
