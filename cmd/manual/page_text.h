// The hand-kept part of a man page: docs/man/NAME.md, a small subset of Markdown.
//   # SECTION           a heading
//   a paragraph         lines up to an empty one; `words` are bold
//       an example      four blanks; kept line by line
//   - TERM: text        an item; goes on in lines that are indented by two blanks
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strobe::manual {

struct TextBlock {
  enum class Kind : uint8_t { paragraph, example, item } kind = Kind::paragraph;
  std::string term;  ///< of an item
  std::string text;  ///< an example's lines end in newlines
};

struct TextSection {
  std::string title;
  std::vector<TextBlock> blocks;
};

[[nodiscard]] std::vector<TextSection> parse_page_text(std::string_view text);

}  // namespace strobe::manual
