// The functions table, with pstats' header lines and columns.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::FunctionStats;
using analyze::FunctionTable;
using analyze::Interval;

constexpr size_t kMinFunctionColumns = 24;  // a narrower terminal wraps instead
constexpr double kHotShare = 0.10;          // of the CPU time: shown strong

std::string header(const FunctionTable& table, const FunctionTextOptions& options,
                   const analyze::OrderedRows& ordered) {
  std::string text = write_coverage(table.coverage) + "\n   Ordered by: ";
  for (size_t i = 0; i < options.order.keys.size(); ++i) {
    text.append(i == 0 ? "" : ", ").append(describe(options.order.keys[i]));
  }
  text += '\n';
  for (const analyze::Reduction& reduction : ordered.reductions) {
    text += fmt::format("   List reduced from {} to {} due to restriction <{}>\n", reduction.before,
                        reduction.after, printable(reduction.restriction));
  }
  text += "   Samples are self/total; they are moments on the CPU, not calls\n";
  return text + '\n';
}

/// One number where both are equal, else "self/total", in the order of the columns of seconds.
std::string sample_text(const FunctionStats& row) {
  if (row.total.samples == row.self.samples) return std::to_string(row.total.samples);
  return fmt::format("{}/{}", row.self.samples, row.total.samples);
}

std::string percent_range(const Interval& interval) {
  return fmt::format("{:5.1f}-{:<5.1f}", interval.low * 100, interval.high * 100);
}

class FunctionWriter {
 public:
  FunctionWriter(const FunctionTable& table, const FunctionTextOptions& options, const TextStyle& style,
                 const analyze::OrderedRows& ordered)
      : table_(&table), options_(&options), style_(&style) {
    for (const uint32_t row : ordered.rows) {
      samples_width_ = std::max(samples_width_, sample_text(table.rows[row]).size());
    }
    const size_t before = numbers_width();
    if (style.width > 0)
      location_columns_ = std::max(kMinFunctionColumns, style.width - std::min(style.width, before));
  }

  [[nodiscard]] std::string title() const {
    std::string text = fmt::format(" {:>{}} {:>8} {:>6}", "samples", samples_width_, "tottime", "tot%");
    if (options_->intervals) text += fmt::format(" {:>11}", "tot% 95%");
    text += fmt::format(" {:>8} {:>6}", "cumtime", "cum%");
    if (options_->intervals) text += fmt::format(" {:>11}", "cum% 95%");
    return paint(text + "  filename:lineno(function)", Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const FunctionStats& row) const {
    std::string numbers = fmt::format(" {:>{}}", sample_text(row), samples_width_);
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
  std::string text = header(table, options, ordered);
  text += writer.title();
  for (const uint32_t row : ordered.rows) text += writer.line(table.rows[row]);
  return text;
}

}  // namespace strobe::report
