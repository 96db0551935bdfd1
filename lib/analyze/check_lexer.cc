#include "analyze/check_lexer.h"

#include <charconv>
#include <cmath>

namespace strobe::analyze::check {
namespace {

constexpr double kMaxNumber = 1e18;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// The bytes of the character that begins there, as far as it is one.
std::string_view character_at(std::string_view text, size_t at) {
  size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80 && size < 4)
    ++size;
  return text.substr(at, size);
}

}  // namespace

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::end:
      return "the end";
    case Token::Kind::string:
      return "the string \"" + token.text + '"';
    case Token::Kind::word:
    case Token::Kind::number:
    case Token::Kind::symbol:
      break;
  }
  return '\'' + token.text + '\'';
}

tl::expected<Token, SyntaxError> Lexer::next() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  if (at_ == text_.size()) return Token{.position = at_};
  const char first = text_[at_];
  if (first == '"') return read_string();
  if (is_digit(first)) return read_number();
  if (!is_letter(first)) return read_symbol();
  const size_t begin = at_;
  while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
  return Token{Token::Kind::word, std::string(text_.substr(begin, at_ - begin)), 0, begin};
}

// A backslash takes the meaning from the character behind it. It is kept but before a quotation mark, for
// the pattern to be read by matches_name().
tl::expected<Token, SyntaxError> Lexer::read_string() {
  Token token{.kind = Token::Kind::string, .position = at_};
  for (++at_; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return token;
    }
    if (is_control(c)) return error_at(at_, "a control character in a string");
    if (c == '\\') {
      if (at_ + 1 == text_.size() || is_control(text_[at_ + 1])) break;
      c = text_[++at_];
      if (c != '"') token.text += '\\';
    }
    token.text += c;
  }
  return error_at(token.position, "this string has no end", "close it with \"");
}

tl::expected<Token, SyntaxError> Lexer::read_number() {
  Token token{.kind = Token::Kind::number, .position = at_};
  // Digits first: from_chars would take "2e" of "2 e…" or "inf" for something else.
  size_t end = at_;
  while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
  token.text = text_.substr(at_, end - at_);
  const char* last = token.text.data() + token.text.size();
  const auto parsed = std::from_chars(token.text.data(), last, token.number, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || parsed.ptr != last || !std::isfinite(token.number) ||
      token.text.back() == '.') {
    return error_at(token.position, "this is not a number", "numbers are 2, 0.95, 1500");
  }
  if (token.number > kMaxNumber) return error_at(token.position, "this number is too large");
  at_ = end;
  return token;
}

tl::expected<Token, SyntaxError> Lexer::read_symbol() {
  const size_t begin = at_;
  const char first = text_[at_];
  std::string_view text = text_.substr(at_, 1);
  if (std::string_view("().+-%<>").find(first) == std::string_view::npos) {
    const char second = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (first == '=' || (first == '!' && second == '=')) {
      return error_at(begin, "quantities are not compared for being equal", "use >, >=, < or <=");
    }
    if (first == '&' || first == '|' || first == '!') {
      return error_at(begin, "'" + std::string(text) + "' has no meaning here", "use and, or, not");
    }
    if (first == '\'') return error_at(begin, "strings are between \" and \"");
    if (is_control(first)) return error_at(begin, "a control character");
    return error_at(begin, "'" + std::string(character_at(text_, begin)) + "' has no meaning here");
  }
  if ((first == '<' || first == '>') && at_ + 1 < text_.size() && text_[at_ + 1] == '=')
    text = text_.substr(at_, 2);
  at_ += text.size();
  return Token{Token::Kind::symbol, std::string(text), 0, begin};
}

}  // namespace strobe::analyze::check
