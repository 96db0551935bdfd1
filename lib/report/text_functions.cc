// The functions table, with pstats' header lines and columns.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/memory_units.h"
#include "report/state_columns.h"
#include "report/text.h"
#include "report/text_columns.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::FunctionStats;
using analyze::FunctionTable;
using analyze::Interval;

std::string percent_range(const Interval& interval) {
  return fmt::format("{:5.1f}-{:<5.1f}", interval.low * 100, interval.high * 100);
}

/// Most calls take microseconds.
std::string per_call(double seconds) {
  return seconds < 10 ? fmt::format("{:8.6f}", seconds) : fmt::format("{:8.3f}", seconds);
}

bool has_state_columns(const FunctionTable& table) { return table.has_states && table.coverage.filter.wall; }

/// Of the two amounts of a row, states divide the one that the table is ordered by.
bool shows_total_states(const FunctionTextOptions& options) {
  const std::vector<analyze::SortKey>& keys = options.order.keys;
  return !keys.empty() && keys.front() == analyze::SortKey::total_time;
}

/// The sums of the columns of states over all rows, restricted or not.
std::string state_line(const FunctionTable& table, const FunctionTextOptions& options) {
  analyze::StateSeconds sums{};
  for (const FunctionStats& row : table.rows) {
    for (size_t state = 0; state < sums.size(); ++state) sums[state] += row.self_states[state];
  }
  std::string text = "   All threads:";
  const ColumnSeconds columns = sum_columns(sums);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] > 0) text += fmt::format(" {} {:.3f}", title_of(static_cast<StateColumn>(i)), columns[i]);
  }
  return text + fmt::format("\n   Columns of states divide {}\n\n",
                            shows_total_states(options) ? "cumtime" : "tottime");
}

class FunctionWriter {
 public:
  FunctionWriter(const FunctionTable& table, const FunctionTextOptions& options, const TextStyle& style,
                 const analyze::OrderedRows& ordered)
      : table_(&table), options_(&options), style_(&style) {
    for (const uint32_t row : ordered.rows)
      samples_width_ = std::max(samples_width_, count_text(table.rows[row]).size());
    const size_t before = numbers_width();
    if (style.width > 0)
      location_columns_ = std::max(kMinLocationColumns, style.width - std::min(style.width, before));
  }

  [[nodiscard]] std::string title() const {
    std::string text = fmt::format(" {:>{}}", samples_title(table_->counts_calls), samples_width_);
    for (const char* const part : {"tot", "cum"}) {
      text += fmt::format(" {:>8} {:>6}", fmt::format("{}time", part), fmt::format("{}%", part));
      if (intervals()) text += fmt::format(" {:>11}", fmt::format("{}% 95%", part));
      if (table_->counts_calls) text += fmt::format(" {:>8}", "percall");
    }
    if (states()) text += state_titles();
    if (table_->has_memory) text += fmt::format(" {:>10} {:>10}", "totmem", "cummem");
    return paint(text + "  " + column_title(table_->grouping), Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const FunctionStats& row) const {
    std::string numbers = fmt::format(" {:>{}}", count_text(row), samples_width_);
    numbers += amount(row, row.self, row.total.samples) + amount(row, row.total, row.self.samples);
    if (states())
      numbers += state_numbers(shows_total_states(*options_) ? row.total_states : row.self_states);
    if (table_->has_memory) {
      numbers += fmt::format(" {:>10} {:>10}", bytes_text(static_cast<double>(row.own_memory.bytes)),
                             bytes_text(static_cast<double>(row.total_memory.bytes)));
    }
    const double share = share_of(*table_, row.self);
    const Tone tone = row.function.pseudo ? Tone::faint : share >= kHotShare ? Tone::strong : Tone::plain;
    const std::string location =
        fit_location({printable(location_of(row.function, options_->strip_directories)),
                      printable(location_of(row.function, true))},
                     location_columns_);
    return paint(numbers + "  " + location, tone, *style_) + '\n';
  }

 private:
  [[nodiscard]] size_t numbers_width() const {
    const size_t extra = (intervals() ? 12u : 0u) + (table_->counts_calls ? 9u : 0u);
    const size_t state_width = states() ? kStateColumnCount * kStateColumnWidth : 0u;
    const size_t memory_width = table_->has_memory ? 22u : 0u;
    return 1 + samples_width_ + 2 * (size_t{9} + 7 + extra) + state_width + memory_width + 2;
  }
  [[nodiscard]] bool states() const { return has_state_columns(*table_); }
  [[nodiscard]] bool intervals() const { return options_->intervals && !table_->counts_calls; }
  [[nodiscard]] std::string count_text(const FunctionStats& row) const {
    return table_->counts_calls ? call_text(row.self, row.total) : sample_text(row.self, row.total);
  }
  /// `calls`: what the seconds are divided by where calls are counted: as in pstats, own time by all calls,
  /// cumulative time by those that were no recursion.
  [[nodiscard]] std::string amount(const FunctionStats& row, const analyze::Amount& value,
                                   uint64_t calls) const {
    std::string text = fmt::format(" {:8.3f} {:6.1f}", value.seconds, share_of(*table_, value) * 100);
    if (intervals()) text += " " + percent_range(interval_of(*table_, row, value));
    if (table_->counts_calls)
      text += calls == 0 ? std::string(9, ' ') : " " + per_call(value.seconds / static_cast<double>(calls));
    return text;
  }

  const FunctionTable* table_;
  const FunctionTextOptions* options_;
  const TextStyle* style_;
  size_t samples_width_ = 8;
  size_t location_columns_ = 0;
};

}  // namespace

std::string write_functions(const FunctionTable& table, const FunctionTextOptions& options,
                            const TextStyle& style) {
  const analyze::OrderedRows ordered = order_rows(table, options.order);
  const FunctionWriter writer(table, options, style, ordered);
  std::string text = table_header(table, options.order, ordered.reductions);
  if (has_state_columns(table)) text.replace(text.size() - 1, 1, state_line(table, options));
  text += writer.title();
  for (const uint32_t row : ordered.rows) text += writer.line(table.rows[row]);
  return text;
}

}  // namespace strobe::report
