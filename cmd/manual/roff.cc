#include "roff.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace strobe::manual {
namespace {

constexpr size_t kLineWidth = 75;

/// One UTF-8 character of trusted text (Strobe's own); `position` moves behind it.
char32_t next_character(std::string_view text, size_t& position) {
  const auto first = static_cast<unsigned char>(text[position++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : 1);
  auto character = static_cast<char32_t>(first & (0x3F >> more));
  for (int i = 0; i < more && position < text.size(); ++i) {
    character = (character << 6) | (static_cast<unsigned char>(text[position++]) & 0x3F);
  }
  return character;
}

std::string escaped(char32_t character) {
  switch (character) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";  // else a typographic hyphen, which nobody can paste
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    default:
      if (character < 0x80) return std::string(1, static_cast<char>(character));
      return fmt::format("\\[u{:04X}]", static_cast<uint32_t>(character));
  }
}

/// A word of running text. Hyphens inside ordinary words stay hyphens; apostrophes stay apostrophes.
std::string roff_word(std::string_view word) {
  const bool is_option =
      word.find_first_not_of("([\"") != std::string_view::npos && word[word.find_first_not_of("([\"")] == '-';
  std::string result;
  for (size_t position = 0; position < word.size();) {
    const char32_t character = next_character(word, position);
    const bool plain = (character == '-' && !is_option) || character == '\'';
    result += plain ? std::string(1, static_cast<char>(character)) : escaped(character);
  }
  return result;
}

/// Splits at blanks, but not inside `…`, which becomes bold.
std::vector<std::string> roff_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;   // escaped so far
  std::string plain;  // not escaped yet
  bool bold = false;
  const auto flush = [&] {
    word += bold ? roff_literal(plain) : roff_word(plain);
    plain.clear();
  };
  for (const char c : text) {
    if (c == '`') {
      flush();
      word += bold ? "\\fR" : "\\fB";
      bold = !bold;
    } else if ((c == ' ' || c == '\n') && !bold) {
      flush();
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      plain += c;
    }
  }
  flush();
  if (!word.empty()) words.push_back(word);
  return words;
}

bool ends_sentence(const std::string& word) {
  return word.size() > 1 && (word.ends_with('.') || word.ends_with('?') || word.ends_with(".)"));
}

}  // namespace

std::string roff_literal(std::string_view text) {
  std::string result;
  if (text.starts_with('.') || text.starts_with('\'')) result = "\\&";  // else a request
  for (size_t position = 0; position < text.size();) result += escaped(next_character(text, position));
  return result;
}

std::string roff_prose(std::string_view text) {
  std::string result;
  std::string line;
  const auto end_line = [&] {
    if (line.empty()) return;
    if (line.starts_with('.') || line.starts_with('\'')) result += "\\&";
    result += std::exchange(line, {}) + '\n';
  };
  for (const std::string& word : roff_words(text)) {
    if (!line.empty() && line.size() + 1 + word.size() > kLineWidth) end_line();
    line += (line.empty() ? "" : " ") + word;
    if (ends_sentence(word)) end_line();
  }
  end_line();
  return result;
}

}  // namespace strobe::manual
