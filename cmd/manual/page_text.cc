#include "page_text.h"

#include <sstream>

namespace strobe::manual {
namespace {

constexpr std::string_view kExampleIndent = "    ";
constexpr std::string_view kItem = "- ";
constexpr std::string_view kItemIndent = "  ";

/// The block that goes on in this line, or a new one of that kind.
TextBlock& block_for(TextSection& section, TextBlock::Kind kind, bool begins) {
  if (begins || section.blocks.empty() || section.blocks.back().kind != kind) {
    section.blocks.push_back({.kind = kind, .term = {}, .text = {}});
  }
  return section.blocks.back();
}

void append_words(std::string& text, std::string_view words) {
  if (!text.empty()) text += ' ';
  text += words;
}

void add_item(TextSection& section, std::string_view line) {
  TextBlock& block = block_for(section, TextBlock::Kind::item, true);
  const size_t colon = line.find(": ");
  block.term = line.substr(0, colon);
  if (colon != std::string_view::npos) block.text = line.substr(colon + 2);
}

/// `after_blank`: an empty line came before, which ends paragraphs.
void add_line(TextSection& section, std::string_view line, bool after_blank) {
  const bool in_item = !section.blocks.empty() && section.blocks.back().kind == TextBlock::Kind::item;
  if (line.starts_with(kExampleIndent)) {
    TextBlock& block = block_for(section, TextBlock::Kind::example, false);
    if (after_blank && !block.text.empty()) block.text += '\n';
    block.text.append(line.substr(kExampleIndent.size())).append("\n");
  } else if (line.starts_with(kItem)) {
    add_item(section, line.substr(kItem.size()));
  } else if (in_item && !after_blank && line.starts_with(kItemIndent)) {
    append_words(section.blocks.back().text, line.substr(kItemIndent.size()));
  } else {
    append_words(block_for(section, TextBlock::Kind::paragraph, after_blank).text, line);
  }
}

}  // namespace

std::vector<TextSection> parse_page_text(std::string_view text) {
  std::vector<TextSection> sections;
  std::istringstream lines{std::string(text)};
  bool after_blank = true;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) {
      sections.push_back({.title = line.substr(2), .blocks = {}});
    } else if (!line.empty() && !sections.empty()) {
      add_line(sections.back(), line, after_blank);
    }
    after_blank = line.empty();
  }
  return sections;
}

}  // namespace strobe::manual
