// The order of the memory table: words of its own columns, and pstats' for people who know those.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "analyze/memory_table.h"
#include "analyze/ordering.h"

namespace strobe::analyze {
namespace {

using Column = MemorySortKey::Column;

struct MemoryWord {
  std::string_view word;
  MemorySortKey key;
};
constexpr MemoryWord kMemoryWords[] = {
    {"own", {Column::own}},
    {"total", {Column::total}},
    {"bytes", {Column::own}},
    {"count", {Column::count}},
    {"average", {Column::average}},
    {"allocated", {Column::measure, MemoryMeasure::allocated}},
    {"peak", {Column::measure, MemoryMeasure::peak}},
    {"live", {Column::measure, MemoryMeasure::live}},
    {"temporary", {Column::measure, MemoryMeasure::temporary}},
};

/// What pstats' words mean here.
MemorySortKey of_pstats(SortKey key) {
  switch (key) {
    case SortKey::self_time:
      return {Column::own};
    case SortKey::total_time:
      return {Column::total};
    case SortKey::total_samples:
    case SortKey::self_samples:
      return {Column::count};
    default:
      return {Column::place, MemoryMeasure::allocated, key};
  }
}

double average_of(const MemoryAmount& amount) {
  return amount.count == 0 ? 0 : static_cast<double>(amount.bytes) / static_cast<double>(amount.count);
}

int compare_places(SortKey key, const FunctionIdentity& a, const FunctionIdentity& b) {
  switch (key) {
    case SortKey::file:
      return compare_values(a.file, b.file);
    case SortKey::line:
      return compare_values(a.line, b.line);
    case SortKey::standard_name:
      return compare_values(location_of(a, false), location_of(b, false));
    case SortKey::name_file_line:
      return compare_values(std::tie(a.name, a.file, a.line), std::tie(b.name, b.file, b.line));
    default:
      return compare_values(a.name, b.name);
  }
}

int compare_by(const MemorySortKey& key, MemoryMeasure measure, const MemoryStats& a, const MemoryStats& b) {
  switch (key.column) {
    case Column::own:
      return compare_values(b.own.of(measure).bytes, a.own.of(measure).bytes);
    case Column::total:
      return compare_values(b.total.of(measure).bytes, a.total.of(measure).bytes);
    case Column::count:
      return compare_values(b.own.of(measure).count, a.own.of(measure).count);
    case Column::average:
      return compare_values(average_of(b.own.of(measure)), average_of(a.own.of(measure)));
    case Column::measure:
      return compare_values(b.own.of(key.measure).bytes, a.own.of(key.measure).bytes);
    case Column::place:
      return compare_places(key.place, a.function, b.function);
  }
  return 0;
}

}  // namespace

Result<MemorySortKey> find_memory_sort_key(std::string_view word) {
  for (const MemoryWord& entry : kMemoryWords) {
    if (entry.word == word) return entry.key;
  }
  if (Result<SortKey> known = find_sort_key(word)) return of_pstats(*known);
  const auto begins = [&](const MemoryWord& entry) { return !word.empty() && entry.word.starts_with(word); };
  if (std::ranges::count_if(kMemoryWords, begins) == 1) {
    return std::ranges::find_if(kMemoryWords, begins)->key;
  }
  std::string words;
  for (const std::string& known : memory_sort_words()) words += (words.empty() ? "" : " ") + known;
  return fail(ErrorCode::invalid_argument, fmt::format("unknown sort key '{}'", word),
              "use one of: " + words);
}

std::vector<std::string> memory_sort_words() {
  std::vector<std::string> words;
  for (const MemoryWord& entry : kMemoryWords) words.emplace_back(entry.word);
  for (const std::string& word : sort_words()) words.push_back(word);
  return words;
}

std::string describe(const MemorySortKey& key) {
  switch (key.column) {
    case Column::own:
      return "own bytes";
    case Column::total:
      return "total bytes";
    case Column::count:
      return "blocks";
    case Column::average:
      return "average size";
    case Column::measure:
      switch (key.measure) {
        case MemoryMeasure::allocated:
          return "bytes allocated";
        case MemoryMeasure::peak:
          return "bytes at the peak";
        case MemoryMeasure::live:
          return "bytes at the end";
        case MemoryMeasure::temporary:
          return "short-lived bytes";
      }
      break;
    case Column::place:
      return std::string(describe(key.place));
  }
  return {};
}

OrderedRows order_memory(const MemoryTable& table, const MemoryOrder& order) {
  OrderedRows result;
  for (uint32_t i = 0; i < table.rows.size(); ++i) {
    // What has nothing of the measure is none of the view's.
    if (table.rows[i].total.of(table.measure).count != 0) result.rows.push_back(i);
  }
  // The table's own order breaks ties: equal input, equal output.
  std::ranges::stable_sort(result.rows, [&](uint32_t a, uint32_t b) {
    for (const MemorySortKey& key : order.keys) {
      const int by_key = compare_by(key, table.measure, table.rows[a], table.rows[b]);
      if (by_key != 0) return by_key < 0;
    }
    return false;
  });
  if (order.reverse) std::ranges::reverse(result.rows);
  const auto text_of = [&](uint32_t row) { return location_of(table.rows[row].function, false); };
  result.reductions = restrict_rows(order.restrictions, text_of, result.rows);
  return result;
}

}  // namespace strobe::analyze
