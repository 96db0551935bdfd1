// Colour for the text writers: ANSI sequences where the style asks for them, else nothing.
#pragma once

#include <string>
#include <string_view>

#include "report/text.h"

namespace strobe::report {

enum class Tone : uint8_t { plain, faint, strong, alarm, good };

[[nodiscard]] std::string paint(std::string_view printable_text, Tone tone, const TextStyle& style);

}  // namespace strobe::report
