// The limits in expressions of `strobe check`: "2s", "+5%", "200MB". Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "analyze/check_expression.h"

namespace strobe::analyze::check {

/// What was written, before it is known what it is to be compared with.
struct LimitWords {
  char sign = 0;  ///< '+', '-', or 0
  double number = 0;
  std::string number_text;  ///< as written
  std::string unit;         ///< "s", "MB", "%", or empty
  size_t position = 0;
  size_t unit_position = 0;
};

/// The limit in the measure's unit; an error where the unit does not go with it.
[[nodiscard]] tl::expected<Limit, SyntaxError> make_limit(const Measure& measure, const LimitWords& words);

/// Of `known`, the one that `word` may have been meant to be; empty where none is near.
[[nodiscard]] std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace strobe::analyze::check
