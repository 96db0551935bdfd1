// Reads the expressions of `strobe check`, and the lines of its budget files. The grammar is in
// docs/check.md. Whatever the text, reading it takes bounded time and memory. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "analyze/check_expression.h"

namespace strobe::analyze::check {

[[nodiscard]] tl::expected<Expression, SyntaxError> parse_expression(std::string_view text);

/// A line of a budget: `[NAME:] EXPRESSION [# comment]`. None for one that is blank but for a comment.
/// Positions of errors are those in the line.
[[nodiscard]] tl::expected<std::optional<Condition>, SyntaxError> parse_budget_line(std::string_view line);

inline constexpr size_t kMaxBudgetConditions = 1000;

/// An error in a budget, or a whole one.
struct BudgetError {
  uint32_t line = 0;  ///< from 1; 0: about the file as a whole
  std::string text;   ///< of that line
  SyntaxError error;
};
/// `file` is its name, for the conditions.
[[nodiscard]] tl::expected<std::vector<Condition>, BudgetError> parse_budget(std::string_view text,
                                                                             const std::string& file);

}  // namespace strobe::analyze::check
