// Colour for the text writers: ANSI sequences where the style asks for them, else nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/text.h"

namespace strobe::report {

enum class Tone : uint8_t { plain, faint, strong, alarm, good };

[[nodiscard]] std::string paint(std::string_view printable_text, Tone tone, const TextStyle& style);

/// A place in code, "dir/file:12(name)", printable: as it is to be shown, and without directories.
struct ShownLocation {
  std::string whole;
  std::string stripped;
};
/// Cut to `columns`: directories from the front first, then the file, of which a few columns stay, then the
/// end of the name. 0 columns: not cut.
[[nodiscard]] std::string fit_location(const ShownLocation& location, size_t columns);

/// Printable words broken at blanks into lines of at most `width` columns, one at least; a longer word has a
/// line of its own.
[[nodiscard]] std::vector<std::string> fold(std::string_view printable_text, size_t width);

/// A printable sentence that begins at column `start` of a line: on a terminal broken at blanks, further
/// lines indented by `indent`; else as it is. Without a line break at the end.
[[nodiscard]] std::string wrap(std::string_view printable_text, size_t start, size_t indent,
                               const TextStyle& style);

}  // namespace strobe::report
