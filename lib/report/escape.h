// Foreign text made safe to show. Names of functions, files, threads and commands come from the target and
// may hold anything: escape sequences, line breaks, right-to-left overrides, bytes that are no UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace strobe::report {

/// For terminals and plain text: one line, no control or direction-changing characters. What is not shown
/// as it is becomes \xNN (bytes) or \u{NNNN} (characters); longer than `max_columns` is cut with an ellipsis.
[[nodiscard]] std::string printable(std::string_view text, size_t max_columns = 1000);

/// Columns that printable text takes on a terminal.
[[nodiscard]] size_t display_width(std::string_view printable_text);

/// Cuts printable text to at most `columns`, ending in an ellipsis where something was cut.
[[nodiscard]] std::string shorten(std::string_view printable_text, size_t columns);
/// The same, cutting at the beginning: for paths, whose end tells most.
[[nodiscard]] std::string shorten_front(std::string_view printable_text, size_t columns);

/// Valid UTF-8: bytes that are not become U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace strobe::report
