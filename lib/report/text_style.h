// Colour for the text writers: ANSI sequences where the style asks for them, else nothing.
#pragma once

#include <string>
#include <string_view>

#include "report/text.h"

namespace strobe::report {

enum class Tone : uint8_t { plain, faint, strong, alarm, good };

[[nodiscard]] std::string paint(std::string_view printable_text, Tone tone, const TextStyle& style);

/// A place in code, "dir/file:12(name)", printable: as it is to be shown, and without directories.
struct ShownLocation {
  std::string whole;
  std::string stripped;
};
/// Cut to `columns`: directories from the front first, then the end of the name. 0 columns: not cut.
[[nodiscard]] std::string fit_location(const ShownLocation& location, size_t columns);

}  // namespace strobe::report
