#include "browser.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "analyze/merge_profiles.h"
#include "report/escape.h"
#include "views.h"

namespace strobe::cli {
namespace {

struct Command {
  std::string_view word;
  std::string_view arguments;
  std::string_view help;
};

constexpr std::string_view kRestrictions = "[RESTRICTION…]";
constexpr Command kCommands[] = {
    {"stats", kRestrictions, "The functions table."},
    {"lines", kRestrictions, "Source lines with their time."},
    {"callers", kRestrictions, "Every function with those that call it."},
    {"callees", kRestrictions, "Every function with those that it calls."},
    {"tree", kRestrictions, "The call tree; an expression tells where it begins."},
    {"memory", kRestrictions, "What was resident over time, and who allocated."},
    {"threads", "", "Processes and threads."},
    {"locks", "", "What threads waited for, and who had it."},
    {"gil", "", "Python's GIL: who held it, who waited."},
    {"quality", "", "What was taken, what was lost, what has no name."},
    {"sort", "[KEY…]", "Order of functions; without KEY, what can be one."},
    {"reverse", "", "Turn the order round."},
    {"strip", "", "File names without directories."},
    {"read", "[FILE]", "Open another recording; without FILE, the same again."},
    {"add", "FILE", "Take another recording into this one."},
    {"help", "[COMMAND]", "This list, or one command."},
    {"quit", "", "Leave; so do EOF and Ctrl-D."},
};

constexpr std::string_view kRestrictionHelp =
    "Restrictions are applied in order: a count (20), a fraction (0.1), or a regular expression on\n"
    "filename:lineno(function).\n";

BrowserAnswer trouble(Error error) { return {.text = {}, .error = std::move(error), .leave = false}; }
BrowserAnswer trouble(ErrorCode code, std::string what, std::string hint) {
  return trouble(Error{code, std::move(what), std::move(hint)});
}

const Command* find_command(std::string_view word) {
  for (const Command& command : kCommands) {
    if (command.word == word) return &command;
  }
  return nullptr;
}

std::string describe_command(const Command& command) {
  return fmt::format("{:<24} {}\n", fmt::format("{} {}", command.word, command.arguments), command.help);
}

/// Recordings and folders that begin with `word`.
std::vector<std::string> list_files(std::string_view word) {
  namespace fs = std::filesystem;
  const size_t slash = word.rfind('/');
  const std::string folder(slash == std::string_view::npos ? "" : word.substr(0, slash + 1));
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (!is_folder && entry->path().extension() != ".strobe") continue;
    std::string name = folder + entry->path().filename().string() + (is_folder ? "/" : "");
    if (name.starts_with(word)) found.push_back(std::move(name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        words.back() += c;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'' || c == '"')
      quote = c;
    else
      words.back() += c;
  }
  if (quote != 0) return std::nullopt;
  return words;
}

Result<void> Browser::open(const std::string& path) {
  Result<Profile> profile = opener_(path);
  if (!profile) return pass(std::move(profile));
  profile_ = std::move(*profile);
  path_ = path;
  warned_ = false;
  return {};
}

std::string Browser::prompt() const { return report::printable(path_, 60) + "% "; }

BrowserAnswer Browser::execute(const std::string& line) {
  const std::optional<Words> words = split_words(line);
  if (!words)
    return trouble(ErrorCode::invalid_argument, "a quotation mark is not closed",
                   R"(put it between marks of the other kind: "it's")");
  if (words->empty()) return {};
  const std::string& word = words->front();
  const Words rest(words->begin() + 1, words->end());
  if (word == "quit" || word == "EOF") return {.text = {}, .error = {}, .leave = true};
  if (word == "help" || word == "?") return help(rest);
  if (word == "sort") return sort(rest);
  if (word == "read") return read(rest);
  if (word == "add") return add(rest);
  if (word == "stats") return show("functions", rest);
  if (word == "strip") {
    request_.functions.strip_directories = true;
    return {};
  }
  if (word == "reverse") {
    request_.functions.order.reverse = !request_.functions.order.reverse;
    return {};
  }
  if (const ViewWord* view = find_view(word); view != nullptr && view->is_text) return show(word, rest);
  return trouble(ErrorCode::invalid_argument, fmt::format("unknown command '{}'", word), "see: help");
}

BrowserAnswer Browser::show(const std::string& view_word, const Words& words) {
  const ViewWord& view = *find_view(view_word);
  if (Result<void> checked = check_view(view, words, {}); !checked) return trouble(checked.error());
  ReportRequest request = request_;
  std::vector<analyze::Restriction>& restrictions = request.functions.order.restrictions;
  auto limit = restrictions.begin();  // of -n: rows of what is left in the end
  for (const std::string& word : words) {
    Result<analyze::Restriction> restriction = analyze::parse_restriction(word);
    if (!restriction) return trouble(restriction.error());
    limit = restrictions.insert(limit, std::move(*restriction)) + 1;
  }
  request.tree.restrictions = restrictions;
  const bool with_warnings = !warned_ || view.kind == ViewKind::quality;
  Result<std::string> text = render_view(*profile_, view.kind, request, style_, with_warnings);
  if (!text) return trouble(text.error());
  warned_ = true;
  return {.text = *text + '\n', .error = {}, .leave = false};
}

BrowserAnswer Browser::sort(const Words& words) {
  std::vector<analyze::SortKey> keys;
  for (const std::string& word : words) {
    Result<analyze::SortKey> key = analyze::find_sort_key(word);
    if (!key) return trouble(key.error());
    keys.push_back(*key);
  }
  if (!keys.empty()) {
    request_.functions.order.keys = std::move(keys);
    request_.functions.order.reverse = false;
    return {};
  }
  std::string text = "Sort keys (a beginning that can mean one thing only will do):\n";
  for (const std::string& word : analyze::sort_words())
    text += fmt::format("{} -- {}\n", word, describe(*analyze::find_sort_key(word)));
  return {.text = text, .error = {}, .leave = false};
}

BrowserAnswer Browser::add(const Words& words) {
  if (words.size() != 1) return trouble(ErrorCode::invalid_argument, "add takes one recording", "add FILE");
  Result<Profile> added = opener_(words.front());
  if (!added) return trouble(added.error());
  Result<void> merged = analyze::merge_into(*profile_, *added);
  if (!merged) return trouble(merged.error());
  warned_ = false;
  return {};
}

BrowserAnswer Browser::read(const Words& words) {
  if (words.size() > 1)
    return trouble(ErrorCode::invalid_argument, "read takes one recording", "read [FILE]");
  if (Result<void> opened = open(words.empty() ? path_ : words.front()); !opened)
    return trouble(opened.error());
  return {};
}

BrowserAnswer Browser::help(const Words& words) {
  BrowserAnswer answer;
  if (!words.empty()) {
    const Command* command = find_command(words.front());
    if (command == nullptr)
      return trouble(ErrorCode::not_found, fmt::format("no help on '{}'", words.front()), "see: help");
    answer.text = describe_command(*command);
    if (command->arguments == kRestrictions) answer.text += kRestrictionHelp;
    return answer;
  }
  for (const Command& command : kCommands) answer.text += describe_command(command);
  answer.text += kRestrictionHelp;
  return answer;
}

std::vector<std::string> Browser::complete(std::string_view before) const {
  const size_t first = before.find_first_not_of(" \t");
  const size_t space = before.find_first_of(" \t", first == std::string_view::npos ? 0 : first);
  if (first == std::string_view::npos || space == std::string_view::npos) {
    std::vector<std::string> words;
    for (const Command& command : kCommands) words.emplace_back(command.word);
    return words;
  }
  const std::string_view command = before.substr(first, space - first);
  if (command == "sort") return analyze::sort_words();
  if (command == "help") return complete("");
  if (command == "read" || command == "add") return list_files(before.substr(before.find_last_of(" \t") + 1));
  return {};
}

}  // namespace strobe::cli
