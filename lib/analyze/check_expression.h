// A condition of `strobe check`, taken apart: comparisons of quantities with limits, joined by and, or and
// not. The grammar is in docs/check.md. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyze/check_measures.h"
#include "base/result.h"

namespace strobe::analyze::check {

/// What an expression may amount to; longer ones are refused (check_parser.h).
inline constexpr size_t kMaxExpressionBytes = 4096;
inline constexpr size_t kMaxExpressionDepth = 32;
inline constexpr size_t kMaxExpressionNodes = 256;

enum class Comparison : uint8_t { greater, greater_equal, less, less_equal };

/// What a quantity is compared with.
struct Limit {
  /// In the quantity's unit; of a percentage its hundredth part (5 % is 0.05).
  double value = 0;
  bool percent = false;   ///< of the whole that the quantity is a part of; relative: of the baseline
  bool relative = false;  ///< written with a sign: the change since the baseline
  std::string text;       ///< as written, without blanks: "+5%", "2s"
};

/// `measure comparison limit`.
struct Term {
  Measure measure;
  Comparison comparison = Comparison::greater;
  Limit limit;
  size_t position = 0;  ///< in bytes, from the beginning of the expression
};

struct Node {
  enum class Kind : uint8_t { term, conjunction, disjunction, negation } kind = Kind::term;
  uint32_t term = 0;           ///< of a term: index into Expression::terms
  std::vector<uint32_t> args;  ///< of others: indices into Expression::nodes, all smaller than the node's own
};

struct Expression {
  std::string text;         ///< as written
  std::vector<Term> terms;  ///< in the order they are written
  std::vector<Node> nodes;  ///< the last one is the whole
};

/// "total.wall > 2s".
[[nodiscard]] std::string text_of(const Term& term);
/// ">", ">=", "<" or "<=".
[[nodiscard]] std::string_view text_of(Comparison comparison);

/// One thing that must not come true.
struct Condition {
  std::string name;  ///< for people; empty where it was given none
  Expression expression;
  std::string file;  ///< of the budget it is from; empty where it is from the command line
  uint32_t line = 0;
};

/// Where an expression cannot be understood, and why.
struct SyntaxError {
  size_t position = 0;  ///< in bytes, from the beginning of the text
  std::string message;
  std::string hint;  ///< the next step; may be empty
};
[[nodiscard]] inline tl::unexpected<SyntaxError> error_at(size_t position, std::string message,
                                                          std::string hint = {}) {
  return tl::unexpected<SyntaxError>({position, std::move(message), std::move(hint)});
}

}  // namespace strobe::analyze::check
