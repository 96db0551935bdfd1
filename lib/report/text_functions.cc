// The functions table, with pstats' header lines and columns.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
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

class FunctionWriter {
 public:
  FunctionWriter(const FunctionTable& table, const FunctionTextOptions& options, const TextStyle& style,
                 const analyze::OrderedRows& ordered)
      : table_(&table), options_(&options), style_(&style) {
    for (const uint32_t row : ordered.rows) {
      samples_width_ =
          std::max(samples_width_, sample_text(table.rows[row].self, table.rows[row].total).size());
    }
    const size_t before = numbers_width();
    if (style.width > 0)
      location_columns_ = std::max(kMinLocationColumns, style.width - std::min(style.width, before));
  }

  [[nodiscard]] std::string title() const {
    std::string text = fmt::format(" {:>{}} {:>8} {:>6}", "samples", samples_width_, "tottime", "tot%");
    if (options_->intervals) text += fmt::format(" {:>11}", "tot% 95%");
    text += fmt::format(" {:>8} {:>6}", "cumtime", "cum%");
    if (options_->intervals) text += fmt::format(" {:>11}", "cum% 95%");
    return paint(text + "  " + column_title(table_->grouping), Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const FunctionStats& row) const {
    std::string numbers = fmt::format(" {:>{}}", sample_text(row.self, row.total), samples_width_);
    numbers += amount(row, row.self) + amount(row, row.total);
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
    return 1 + samples_width_ + 2 * (size_t{9} + 7 + (options_->intervals ? 12 : 0)) + 2;
  }
  [[nodiscard]] std::string amount(const FunctionStats& row, const analyze::Amount& value) const {
    std::string text = fmt::format(" {:8.3f} {:6.1f}", value.seconds, share_of(*table_, value) * 100);
    if (options_->intervals) text += " " + percent_range(interval_of(*table_, row, value));
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
  std::string text = write_coverage(table.coverage) + "\n" + order_header(options.order, ordered.reductions);
  text += writer.title();
  for (const uint32_t row : ordered.rows) text += writer.line(table.rows[row]);
  return text;
}

}  // namespace strobe::report
