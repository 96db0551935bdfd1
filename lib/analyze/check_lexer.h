// The words of an expression of `strobe check`, one after the other. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "analyze/check_expression.h"

namespace strobe::analyze::check {

struct Token {
  enum class Kind : uint8_t {
    end,
    word,    ///< letters, digits and underscores, beginning with a letter
    string,  ///< between quotation marks; `text` is without them
    number,  ///< without a sign
    symbol,  ///< one of ( ) . + - % > >= < <=
  } kind = Kind::end;
  std::string text;
  double number = 0;
  size_t position = 0;  ///< in bytes
};

/// "the end", "'>'", "the word 'wall'": for messages.
[[nodiscard]] std::string describe(const Token& token);

class Lexer {
 public:
  /// Borrows the text.
  explicit Lexer(std::string_view text) : text_(text) {}
  [[nodiscard]] tl::expected<Token, SyntaxError> next();

 private:
  [[nodiscard]] tl::expected<Token, SyntaxError> read_string();
  [[nodiscard]] tl::expected<Token, SyntaxError> read_number();
  [[nodiscard]] tl::expected<Token, SyntaxError> read_symbol();

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace strobe::analyze::check
