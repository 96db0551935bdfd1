#include "compare_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "option_text.h"

namespace strobe::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsageHint =
    "strobe compare BEFORE.strobe AFTER.strobe, or strobe compare NAME='COMMAND' NAME='COMMAND'";
constexpr const char* kPlaceholder = "{n}";
constexpr double kMaxWorkers = 100'000;

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// NAME='COMMAND', unless a file is called just that.
bool is_variant(const std::string& word) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || exists(word)) return false;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '+';
  };
  return std::all_of(word.begin(), word.begin() + static_cast<ptrdiff_t>(equals), is_plain);
}

bool is_recording(const std::string& word) { return word.ends_with(".strobe") || exists(word); }

Result<CompareWords> read_variants(const std::vector<std::string>& words) {
  CompareWords result;
  result.kind = CompareKind::variants;
  std::set<std::string> names;
  for (const std::string& word : words) {
    if (!is_variant(word)) {
      return fail(ErrorCode::invalid_argument,
                  is_recording(word)
                      ? fmt::format("'{}' is a recording: commands and recordings cannot be mixed", word)
                      : fmt::format("'{}' is no NAME='COMMAND'", word),
                  "record the command first (strobe run -o FILE -- …), or give commands only");
    }
    const size_t equals = word.find('=');
    workflow::Variant variant{word.substr(0, equals), word.substr(equals + 1)};
    if (variant.command.find_first_not_of(" \t\n") == std::string::npos) {
      return fail(ErrorCode::invalid_argument, fmt::format("variant '{}' has no command", variant.name),
                  "NAME='COMMAND', as for a shell");
    }
    if (!names.insert(variant.name).second) {
      return fail(ErrorCode::invalid_argument, fmt::format("two variants are called '{}'", variant.name),
                  "give each a name of its own");
    }
    result.variants.push_back(std::move(variant));
  }
  if (result.variants.size() < 2) {
    return fail(ErrorCode::invalid_argument, "one variant cannot be compared with anything",
                "strobe compare NAME='COMMAND' NAME='COMMAND'");
  }
  return result;
}

Result<std::vector<double>> parse_scale(const std::string& text) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    uint32_t number = 0;
    const auto parsed = std::from_chars(text.data() + begin, text.data() + end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + end || number == 0 || number > kMaxWorkers ||
        std::ranges::count(numbers, number) != 0) {
      return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no list of numbers of workers", text),
                  "give different whole numbers: --scale 1,2,4,8");
    }
    numbers.push_back(number);
    begin = end + 1;
  }
  if (numbers.size() < 2) {
    return fail(ErrorCode::invalid_argument, "--scale needs two numbers at least", "--scale 1,2,4,8");
  }
  std::ranges::sort(numbers);
  return numbers;
}

Result<CompareWords> read_scale(const CompareInput& input) {
  if (!input.words.empty() || input.scale.empty() || input.with.empty()) {
    return fail(ErrorCode::invalid_argument, "--scale and --with go together, and without other commands",
                "strobe compare --scale 1,2,4,8 --with './app --threads {n}'");
  }
  if (input.with.find(kPlaceholder) == std::string::npos) {
    return fail(ErrorCode::invalid_argument, "the command of --with has no {n}",
                "write {n} where the number of workers goes: --with './app --threads {n}'");
  }
  Result<std::vector<double>> scale = parse_scale(input.scale);
  if (!scale) return pass(std::move(scale));
  CompareWords result;
  result.kind = CompareKind::variants;
  result.scale = std::move(*scale);
  for (const double workers : result.scale) {
    const std::string number = fmt::format("{:.0f}", workers);
    std::string command = input.with;
    for (size_t at = 0; (at = command.find(kPlaceholder, at)) != std::string::npos; at += number.size()) {
      command.replace(at, std::string_view(kPlaceholder).size(), number);
    }
    result.variants.push_back({number, std::move(command)});
  }
  return result;
}

/// Folders by their own names, else as they were given.
std::string set_name(const std::string& path) {
  std::error_code error;
  std::string name = fs::absolute(path, error).lexically_normal().filename().string();
  if (!error && !name.empty()) return name;
  return path;
}

Result<CompareWords> read_folders(const std::vector<std::string>& words) {
  CompareWords result;
  result.kind = CompareKind::sets;
  std::set<std::string> names;
  for (const std::string& word : words) {
    if (!exists(word)) {
      return fail(ErrorCode::not_found, fmt::format("'{}' is neither a recording nor a folder of them", word),
                  kUsageHint);
    }
    std::string name = set_name(word);
    if (!names.insert(name).second) name = word;
    result.sets.push_back({name, {word}});
  }
  return result;
}

Result<CompareWords> read_two_recordings(const std::vector<std::string>& words) {
  if (words.size() < 2) {
    return fail(ErrorCode::invalid_argument, "compare needs two recordings, or two commands with names",
                kUsageHint);
  }
  CompareWords result;
  result.paths = {words[0], words[1]};
  size_t next = 2;
  if (next < words.size() && (words[next] == "functions" || words[next] == "lines")) {
    result.lines = words[next++] == "lines";
  }
  result.restrictions.assign(words.begin() + static_cast<ptrdiff_t>(next), words.end());
  return result;
}

}  // namespace

Result<CompareWords> read_compare_words(const CompareInput& input) {
  if (!input.scale.empty() || !input.with.empty()) return read_scale(input);
  if (!input.set_a.empty() || !input.set_b.empty()) {
    if (input.set_a.empty() || input.set_b.empty() || !input.words.empty()) {
      return fail(ErrorCode::invalid_argument, "--a and --b go together, and without other words",
                  "strobe compare --a before/*.strobe --b after/*.strobe");
    }
    CompareWords result;
    result.kind = CompareKind::sets;
    result.sets = {{"A", input.set_a}, {"B", input.set_b}};
    return result;
  }
  const std::vector<std::string>& words = input.words;
  if (std::ranges::any_of(words.begin(), words.begin() + std::min<ptrdiff_t>(2, std::ssize(words)),
                          is_variant)) {
    return read_variants(words);
  }
  if (words.size() >= 2 && (is_folder(words[0]) || is_folder(words[1]))) return read_folders(words);
  return read_two_recordings(words);
}

}  // namespace strobe::cli
