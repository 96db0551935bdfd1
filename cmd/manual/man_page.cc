#include "man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "roff.h"

namespace strobe::manual {
namespace {

constexpr const char* kFirstGroup = "Options";  // CLI11's name for options without a group
constexpr const char* kExitStatus = "EXIT STATUS";
constexpr std::string_view kExitStatusLabel = "Exit status: ";

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string heading(const std::string& title) { return ".SH " + roff_literal(title) + '\n'; }

/// "Run a command" as NAME has it: "run a command". Names and abbreviations stay.
std::string without_capital(std::string text) {
  const bool ordinary = text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0;
  if (ordinary && !text.starts_with("Strobe")) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string name_section(const CommandDescription& command) {
  std::string text = command.text;
  const size_t colon = text.find(": ");
  if (command.name == "strobe" && colon != std::string::npos) text.erase(0, colon + 2);
  return heading("NAME") + roff_literal(page_name(command)) + " \\- " + roff_prose(without_capital(text));
}

/// The command's words bold, the rest as it is; what is typed is neither hyphenated (.nh) nor stretched
/// (.na).
std::string synopsis_section(const CommandDescription& command) {
  const std::string words = command.name == "strobe" ? "strobe" : "strobe " + command.name;
  std::string rest = command.usage;
  if (rest.starts_with(words)) rest.erase(0, words.size());
  return heading("SYNOPSIS") + ".nh\n.na\n\\fB" + roff_literal(words) + "\\fR" + roff_literal(rest) +
         "\n.ad\n.hy\n";
}

std::string text_block(const TextBlock& block) {
  switch (block.kind) {
    case TextBlock::Kind::paragraph:
      return ".PP\n" + roff_prose(block.text);
    case TextBlock::Kind::item: {
      return ".TP\n" + roff_prose(block.term) + roff_prose(block.text);
    }
    case TextBlock::Kind::example:
      break;
  }
  std::string result = ".PP\n.RS 4\n.EX\n";
  std::istringstream lines(block.text);
  for (std::string line; std::getline(lines, line);) result += roff_literal(line) + '\n';
  return result + ".EE\n.RE\n";
}

/// A heading is followed by its first paragraph without a .PP of its own.
std::string without_first_break(std::string text) {
  if (text.starts_with(".PP\n")) text.erase(0, 4);
  return text;
}

std::string text_blocks(const std::vector<TextBlock>& blocks, bool after_heading) {
  std::string result;
  for (const TextBlock& block : blocks) result += text_block(block);
  return after_heading ? without_first_break(result) : result;
}

std::string option_item(const OptionDescription& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "\\fB" : ", \\fB") + roff_literal(name) + "\\fR";
  }
  if (!option.value.empty()) names += " \\fI" + roff_literal(option.value) + "\\fR";
  return ".TP\n" + names + '\n' + roff_prose(option.text);
}

constexpr std::string_view kListIndent = "  ";  // of "  pause     take no samples"

/// A footer is wrapped for terminals: a line that ends a sentence ends a paragraph, an indented one is a
/// list's.
std::vector<std::string> footer_paragraphs(const std::string& footer) {
  std::vector<std::string> paragraphs;
  std::istringstream lines(footer);
  bool begins = true;
  for (std::string line; std::getline(lines, line);) {
    const bool listed = line.starts_with(kListIndent);
    begins |= listed;
    if (!line.empty() && begins) paragraphs.emplace_back();
    if (!line.empty()) paragraphs.back() += (begins ? "" : " ") + line;
    begins = line.empty() || line.back() == '.' || listed;
  }
  return paragraphs;
}

/// A paragraph or, of a list, an item: its first word and what that means.
std::string footer_paragraph(const std::string& paragraph) {
  const size_t gap = paragraph.find(kListIndent, kListIndent.size());
  if (!paragraph.starts_with(kListIndent) || gap == std::string::npos) return ".PP\n" + roff_prose(paragraph);
  const std::string term = paragraph.substr(kListIndent.size(), gap - kListIndent.size());
  return ".TP\n\\fB" + roff_literal(term) + "\\fR\n" + roff_prose(paragraph.substr(gap));
}

std::string options_section(const CommandDescription& command) {
  std::string result = heading("OPTIONS");
  std::string group = kFirstGroup;
  for (const OptionDescription& option : command.options) {
    if (option.group != group) result += ".SS " + roff_literal(option.group) + '\n';
    group = option.group;
    result += option_item(option);
  }
  std::string notes;
  for (const std::string& paragraph : footer_paragraphs(command.footer)) {
    if (!paragraph.starts_with(kExitStatusLabel)) notes += footer_paragraph(paragraph);
  }
  if (group == kFirstGroup) return result + notes;
  return notes.empty() ? result : result + ".SS Notes\n" + without_first_break(notes);
}

std::string commands_section(const CommandDescription& program) {
  std::string result = heading("SUBCOMMANDS");
  for (const CommandDescription& command : program.subcommands) {
    result += ".TP\n\\fB" + roff_literal("strobe " + command.name) + "\\fR\n" +
              roff_prose(command.text + "; see `" + page_name(command) + "`(1).");
  }
  return result;
}

/// What --help says of it first, then the hand-kept words.
std::string exit_status_section(const CommandDescription& command, const TextSection* text) {
  std::string result;
  for (const std::string& paragraph : footer_paragraphs(command.footer)) {
    if (!paragraph.starts_with(kExitStatusLabel)) continue;
    const std::string words = paragraph.substr(kExitStatusLabel.size());
    result += roff_prose(upper(words.substr(0, 1)) + words.substr(1));
  }
  if (text != nullptr) result += text_blocks(text->blocks, result.empty());
  return result.empty() ? result : heading(kExitStatus) + result;
}

std::string see_also_section(const CommandDescription& command, const TextSection* text,
                             const CommandDescription& program) {
  std::vector<std::string> names;
  if (command.name != program.name) names.push_back(page_name(program));
  for (const CommandDescription& other : program.subcommands) {
    if (other.name != command.name) names.push_back(page_name(other));
  }
  std::string result = heading("SEE ALSO");
  for (const std::string& name : names) {
    result += "\\fB" + roff_literal(name) + "\\fR(1)" + (&name == &names.back() ? "\n" : ",\n");
  }
  return text == nullptr ? result : result + text_blocks(text->blocks, false);
}

const TextSection* find_section(const std::vector<TextSection>& text, const std::string& title) {
  const auto found = std::find_if(text.begin(), text.end(),
                                  [&](const TextSection& section) { return section.title == title; });
  return found == text.end() ? nullptr : &*found;
}

}  // namespace

std::string page_name(const CommandDescription& command) {
  return command.name == "strobe" ? command.name : "strobe-" + command.name;
}

std::string man_page(const CommandDescription& command, const std::vector<TextSection>& text,
                     const PageContext& context) {
  std::string page =
      ".\\\" Generated from the command line's own description and docs/man/" + page_name(command) + ".md.\n";
  page += fmt::format(".TH {} 1 \"{}\" \"strobe {}\" \"User Commands\"\n",
                      roff_literal(upper(page_name(command))), context.date, context.version);
  page += name_section(command) + synopsis_section(command);
  const TextSection* description = find_section(text, "DESCRIPTION");
  page += heading("DESCRIPTION");
  page += description != nullptr ? text_blocks(description->blocks, true) : roff_prose(command.text + ".");
  if (!command.subcommands.empty()) page += commands_section(command);
  page += options_section(command);
  page += exit_status_section(command, find_section(text, kExitStatus));
  const std::set<std::string> placed = {"DESCRIPTION", kExitStatus, "SEE ALSO"};
  for (const TextSection& section : text) {
    if (placed.count(section.title) == 0) page += heading(section.title) + text_blocks(section.blocks, true);
  }
  return page + see_also_section(command, find_section(text, "SEE ALSO"), *context.program);
}

}  // namespace strobe::manual
