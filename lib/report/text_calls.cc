// Callers and callees in the layout of pstats: the function, an arrow, and one line for every call.
#include "report/text_calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text_columns.h"

namespace strobe::report {
namespace {

using analyze::Edge;
using analyze::FunctionTable;

constexpr size_t kMaxCallNameColumns = 60;  // longer names have a line of their own

class CallWriter {
 public:
  CallWriter(const FunctionTable& table, CallDirection direction, const FunctionTextOptions& options,
             const TextStyle& style, const analyze::OrderedRows& ordered)
      : table_(&table), direction_(direction), options_(&options), style_(&style), edges_(table.rows.size()) {
    for (const Edge& edge : table.edges)
      edges_[direction == CallDirection::callers ? edge.callee : edge.caller].push_back(&edge);
    for (const uint32_t row : ordered.rows) {
      for (const Edge* edge : edges_[row]) {
        samples_width_ = std::max(samples_width_, count_text(*edge).size());
      }
    }
    const size_t between = 4 + samples_width_ + 20;
    const size_t room = style.width - std::min(style.width, between);  // of both names
    if (style.width > 0) max_name_ = std::max(kMinLocationColumns, std::min(style.width / 3, room / 2));
    for (const uint32_t row : ordered.rows) {
      name_columns_ = std::max(name_columns_, std::min(max_name_, display_width(name_of(row, cut_at()))));
    }
    if (style.width > 0) other_columns_ = std::max(kMinLocationColumns, room - std::min(room, name_columns_));
  }

  [[nodiscard]] std::string title() const {
    const char* said = direction_ == CallDirection::callers ? "was called by..." : "called...";
    std::string text = paint(fill("Function", name_columns_ + 1) + said, Tone::strong, *style_) + '\n';
    const std::string columns =
        fmt::format("{:{}} {:>{}} {:>8} {:>8}", "", name_columns_ + 3, samples_title(table_->counts_calls),
                    samples_width_, "tottime", "cumtime");
    return text + paint(columns, Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string block(uint32_t row) {
    const std::string name = name_of(row, cut_at());
    std::string text = fill(name, name_columns_ + 1);
    if (display_width(name) > name_columns_) text = name + '\n' + std::string(name_columns_ + 1, ' ');
    text += direction_ == CallDirection::callers ? "<-" : "->";
    std::vector<const Edge*>& calls = edges_[row];
    std::stable_sort(calls.begin(), calls.end(),
                     [](const Edge* a, const Edge* b) { return a->amount.seconds > b->amount.seconds; });
    std::string indent;
    for (const Edge* edge : calls) {
      const uint32_t other = direction_ == CallDirection::callers ? edge->caller : edge->callee;
      text += fmt::format("{} {:>{}} {:8.3f} {:8.3f}  {}\n", indent, count_text(*edge), samples_width_,
                          edge->self.seconds, edge->amount.seconds, name_of(other, other_columns_));
      indent.assign(name_columns_ + 3, ' ');
    }
    if (calls.empty()) text += '\n';
    return text;
  }

 private:
  [[nodiscard]] std::string count_text(const Edge& edge) const {
    return table_->counts_calls ? call_text(edge.self, edge.amount) : sample_text(edge.self, edge.amount);
  }
  [[nodiscard]] size_t cut_at() const { return style_->width > 0 ? max_name_ : 0; }
  [[nodiscard]] std::string name_of(uint32_t row, size_t columns) const {
    return fit_location(table_->rows[row].function, options_->strip_directories, columns);
  }
  static std::string fill(const std::string& text, size_t columns) {
    const size_t width = display_width(text);
    return text + std::string(width < columns ? columns - width : 0, ' ');
  }

  const FunctionTable* table_;
  CallDirection direction_;
  const FunctionTextOptions* options_;
  const TextStyle* style_;
  std::vector<std::vector<const Edge*>> edges_;  // by row, its calls in that direction
  size_t max_name_ = kMaxCallNameColumns;
  size_t name_columns_ = 8;  // "Function"
  size_t samples_width_ = 8;
  size_t other_columns_ = 0;
};

}  // namespace

std::string write_calls(const FunctionTable& table, CallDirection direction,
                        const FunctionTextOptions& options, const TextStyle& style) {
  const analyze::OrderedRows ordered = order_rows(table, options.order);
  CallWriter writer(table, direction, options, style, ordered);
  std::string text = table_header(table, options.order, ordered.reductions);
  text += writer.title();
  for (const uint32_t row : ordered.rows) text += writer.block(row);
  return text;
}

}  // namespace strobe::report
