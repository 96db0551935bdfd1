#include "analyze/ordering.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "analyze/pattern.h"

namespace strobe::analyze {
namespace {

struct SortWord {
  std::string_view word;
  SortKey key;
};
constexpr SortWord kSortWords[] = {
    {"calls", SortKey::total_samples},
    {"cumulative", SortKey::total_time},
    {"cumtime", SortKey::total_time},
    {"file", SortKey::file},
    {"filename", SortKey::file},
    {"module", SortKey::file},
    {"ncalls", SortKey::total_samples},
    {"pcalls", SortKey::self_samples},
    {"line", SortKey::line},
    {"name", SortKey::name},
    {"nfl", SortKey::name_file_line},
    {"stdname", SortKey::standard_name},
    {"time", SortKey::self_time},
    {"tottime", SortKey::self_time},
};

int compare_by(SortKey key, const FunctionStats& a, const FunctionStats& b) {
  switch (key) {
    case SortKey::total_samples:
      return compare_values(b.total.samples, a.total.samples);
    case SortKey::self_samples:
      return compare_values(b.self.samples, a.self.samples);
    case SortKey::total_time:
      return compare_values(b.total.seconds, a.total.seconds);
    case SortKey::self_time:
      return compare_values(b.self.seconds, a.self.seconds);
    case SortKey::file:
      return compare_values(a.function.file, b.function.file);
    case SortKey::line:
      return compare_values(a.function.line, b.function.line);
    case SortKey::name:
      return compare_values(a.function.name, b.function.name);
    case SortKey::name_file_line:
      if (const int by_name = compare_values(a.function.name, b.function.name); by_name != 0) return by_name;
      if (const int by_file = compare_values(a.function.file, b.function.file); by_file != 0) return by_file;
      return compare_values(a.function.line, b.function.line);
    case SortKey::standard_name:
      return compare_values(location_of(a.function, false), location_of(b.function, false));
  }
  return 0;
}

void apply_restriction(const Restriction& restriction, const std::function<std::string(uint32_t)>& text_of,
                       std::vector<uint32_t>& rows) {
  switch (restriction.kind) {
    case Restriction::Kind::count:
      rows.resize(std::min(rows.size(), restriction.count));
      break;
    case Restriction::Kind::fraction:
      rows.resize(
          static_cast<size_t>(std::floor(static_cast<double>(rows.size()) * restriction.fraction + 0.5)));
      break;
    case Restriction::Kind::pattern: {
      const Pattern pattern(restriction.text);
      std::erase_if(rows, [&](uint32_t row) { return !pattern.matches(text_of(row)); });
      break;
    }
  }
}

std::string list_sort_words() {
  std::string text;
  for (const SortWord& entry : kSortWords) text += (text.empty() ? "" : " ") + std::string(entry.word);
  return text;
}

}  // namespace

Result<SortKey> find_sort_key(std::string_view word) {
  std::vector<SortKey> meanings;
  for (const SortWord& entry : kSortWords) {
    if (entry.word == word) return entry.key;
    if (!word.empty() && entry.word.starts_with(word)) meanings.push_back(entry.key);
  }
  if (meanings.empty()) {
    return fail(ErrorCode::invalid_argument, fmt::format("unknown sort key '{}'", word),
                "use one of: " + list_sort_words());
  }
  if (std::any_of(meanings.begin(), meanings.end(), [&](SortKey key) { return key != meanings.front(); })) {
    return fail(ErrorCode::invalid_argument, fmt::format("sort key '{}' is ambiguous", word),
                "use one of: " + list_sort_words());
  }
  return meanings.front();
}

std::vector<std::string> sort_words() {
  std::vector<std::string> words;
  for (const SortWord& known : kSortWords) words.emplace_back(known.word);
  return words;
}

std::string_view describe(SortKey key, bool counts_calls) {
  switch (key) {
    case SortKey::total_samples:
      return counts_calls ? "call count" : "total samples";
    case SortKey::self_samples:
      return counts_calls ? "primitive call count" : "self samples";
    case SortKey::total_time:
      return "cumulative time";
    case SortKey::self_time:
      return "internal time";
    case SortKey::file:
      return "file name";
    case SortKey::line:
      return "line number";
    case SortKey::name:
      return "function name";
    case SortKey::name_file_line:
      return "name/file/line";
    case SortKey::standard_name:
      return "standard name";
  }
  return "";
}

Result<Restriction> parse_restriction(const std::string& word) {
  Restriction result;
  result.text = word;
  const char* end = word.data() + word.size();
  if (const auto parsed = std::from_chars(word.data(), end, result.count);
      parsed.ptr == end && parsed.ec == std::errc{}) {
    return result;
  }
  result.kind = Restriction::Kind::fraction;
  if (const auto parsed = std::from_chars(word.data(), end, result.fraction);
      parsed.ptr == end && parsed.ec == std::errc{}) {
    if (result.fraction >= 0 && result.fraction <= 1) return result;
    return fail(ErrorCode::invalid_argument, fmt::format("restriction '{}' is not between 0 and 1", word),
                "give a count (20), a fraction (0.1) or a regular expression");
  }
  result.kind = Restriction::Kind::pattern;
  if (word.empty() || !Pattern(word).valid()) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a regular expression", word),
                "give a count (20), a fraction (0.1) or an extended regular expression");
  }
  return result;
}

std::vector<Reduction> restrict_rows(const std::vector<Restriction>& restrictions,
                                     const std::function<std::string(uint32_t)>& text_of,
                                     std::vector<uint32_t>& rows) {
  std::vector<Reduction> reductions;
  for (const Restriction& restriction : restrictions) {
    const size_t before = rows.size();
    apply_restriction(restriction, text_of, rows);
    if (rows.size() != before) reductions.push_back({before, rows.size(), restriction.text});
  }
  return reductions;
}

OrderedRows order_rows(const FunctionTable& table, const OrderOptions& options) {
  OrderedRows result;
  result.rows.resize(table.rows.size());
  std::iota(result.rows.begin(), result.rows.end(), 0u);
  // The table's own order breaks ties: equal input, equal output.
  std::stable_sort(result.rows.begin(), result.rows.end(), [&](uint32_t a, uint32_t b) {
    for (const SortKey key : options.keys) {
      if (const int order = compare_by(key, table.rows[a], table.rows[b]); order != 0) return order < 0;
    }
    return false;
  });
  if (options.reverse) std::reverse(result.rows.begin(), result.rows.end());
  const auto text_of = [&](uint32_t row) { return location_of(table.rows[row].function, false); };
  result.reductions = restrict_rows(options.restrictions, text_of, result.rows);
  return result;
}

std::string location_of(const FunctionIdentity& function, bool strip_directories) {
  if (function.pseudo) return function.name;
  const std::string& place = function.file.empty() ? function.module : function.file;
  // Modules are always shown short: their directory says little and is in the JSON.
  const bool strip = strip_directories || (function.file.empty() && !function.name.empty());
  std::string shown = strip ? basename_of(place) : place;
  if (function.name.empty()) return shown;
  if (place.empty()) return function.name;
  if (function.file.empty()) return fmt::format("{}({})", shown, function.name);
  return fmt::format("{}:{}({})", shown, function.line, function.name);
}

}  // namespace strobe::analyze
