// Text as roff source, the language of man pages: characters that roff would interpret are escaped,
// everything beyond ASCII is named by its code point, so that no formatter has to be told the encoding.
#pragma once

#include <string>
#include <string_view>

namespace strobe::manual {

/// Every character stands for itself: options, file names, examples. One line.
[[nodiscard]] std::string roff_literal(std::string_view text);

/// Running text on lines that end where a sentence ends or after about 75 columns. `words` are bold.
/// Ends in a newline.
[[nodiscard]] std::string roff_prose(std::string_view text);

}  // namespace strobe::manual
