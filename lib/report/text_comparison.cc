// Two recordings side by side as text: totals, then the functions or lines whose time changed most.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text.h"
#include "report/text_columns.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::Change;
using analyze::ComparedFunction;
using analyze::ComparedLine;
using analyze::ComparedSide;
using analyze::Comparison;
using analyze::Presence;

constexpr size_t kMinNameColumns = 24;  // a narrower terminal wraps instead
constexpr size_t kLabelColumns = 18;

std::string total_line(const char* label, const std::string& a, const std::string& b,
                       const std::string& change = {}) {
  std::string line = fmt::format("   {:<{}} {:>12} {:>12}", label, kLabelColumns, a, b);
  if (!change.empty()) line += fmt::format(" {:>12}", change);
  return line + '\n';
}

std::string relative_change(double a, double b) {
  return a > 0 ? fmt::format("{:+.1f} %", (b / a - 1) * 100) : std::string();
}

std::string totals(const Comparison& comparison, const CompareNames& names, const TextStyle& style) {
  const ComparedSide& a = comparison.a;
  const ComparedSide& b = comparison.b;
  std::string text;
  text += fmt::format("   A: {}  ({})\n", printable(names.a), printable(a.command));
  text += fmt::format("   B: {}  ({})\n\n", printable(names.b), printable(b.command));
  text += total_line("", "A", "B", "change");
  text += total_line("CPU seconds", fmt::format("{:.3f}", a.cpu_seconds),
                     fmt::format("{:.3f}", b.cpu_seconds), relative_change(a.cpu_seconds, b.cpu_seconds));
  if (!comparison.filter.empty()) {
    text +=
        total_line("shown of them", fmt::format("{:.3f}", a.shown_seconds),
                   fmt::format("{:.3f}", b.shown_seconds), relative_change(a.shown_seconds, b.shown_seconds));
  }
  text += total_line("recorded seconds", fmt::format("{:.3f}", a.duration_seconds),
                     fmt::format("{:.3f}", b.duration_seconds),
                     relative_change(a.duration_seconds, b.duration_seconds));
  text += total_line("samples", std::to_string(a.samples), std::to_string(b.samples));
  text += total_line("processes/threads", fmt::format("{}/{}", a.processes, a.threads),
                     fmt::format("{}/{}", b.processes, b.threads));
  text += total_line("complete stacks", fmt::format("{:.1f} %", a.complete_share * 100),
                     fmt::format("{:.1f} %", b.complete_share * 100));
  std::string remarks = write_filter(comparison.filter);
  for (const std::string& note : comparison.notes)
    remarks += "   note: " + wrap(printable(note), 9, 9, style) + '\n';
  if (!remarks.empty()) remarks += '\n';
  return text + '\n' + remarks;
}

/// Without columns that the terminal has no room for: of both times the one that rows are not ordered by.
class ChangeColumns {
 public:
  ChangeColumns(bool normalized, bool by_total, const TextStyle& style)
      : normalized_(normalized), by_total_(by_total), style_(&style) {
    is_narrow_ = style.width > 0 && style.width < numbers_width(2) + kMinNameColumns;
    if (style.width == 0) return;
    const size_t before = numbers_width(is_narrow_ ? 1 : 2);
    name_columns_ = std::max(kMinNameColumns, style.width - std::min(style.width, before));
  }

  [[nodiscard]] bool is_narrow() const { return is_narrow_; }
  [[nodiscard]] std::string title(const char* last) const {
    const auto columns = [](const char* time) {
      return fmt::format(" {:>8} {:>8} {:>8}  {:<7} ", time, "->", "change", "±95%");
    };
    const std::string text =
        (shows_self() ? columns("tottime") : "") + (shows_total() ? columns("cumtime") : "") + "     " + last;
    return paint(text, Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const Change& self, const Change& total, Presence presence,
                                 const ShownLocation& name) const {
    const char* mark = presence == Presence::fresh ? "new " : presence == Presence::gone ? "gone" : "    ";
    const std::string shown = fit_location(name, name_columns_);
    const std::string text = (shows_self() ? columns(self, presence) : "") +
                             (shows_total() ? columns(total, presence) : "") + ' ' + mark + ' ' + shown;
    return paint(text, tone_of(self, total), *style_) + '\n';
  }

 private:
  static size_t numbers_width(size_t times) {
    constexpr size_t kColumnsWidth = 9 * 3 + 9 + 1;
    return times * kColumnsWidth + 6;
  }

  [[nodiscard]] bool shows_self() const { return !is_narrow_ || !by_total_; }
  [[nodiscard]] bool shows_total() const { return !is_narrow_ || by_total_; }
  [[nodiscard]] std::string value(double amount) const {
    return normalized_ ? fmt::format("{:.2f}", amount * 100) : fmt::format("{:.3f}", amount);
  }
  [[nodiscard]] std::string columns(const Change& change, Presence presence) const {
    const double half = (change.interval.high - change.interval.low) / 2;
    std::string text = fmt::format(" {:>8} {:>8} {:>8}", presence == Presence::fresh ? "-" : value(change.a),
                                   presence == Presence::gone ? "-" : value(change.b),
                                   (change.difference() < 0 ? "" : "+") + value(change.difference()));
    text += change.exact ? fmt::format("  {:<7}", "exact") : fmt::format(" ±{:<7}", value(half));
    return text + (change.beyond ? '*' : ' ');
  }
  [[nodiscard]] Tone tone_of(const Change& self, const Change& total) const {
    const Change& judged = shows_total() && (!shows_self() || !self.beyond) ? total : self;
    if (!judged.beyond) return Tone::plain;
    return judged.difference() > 0 ? Tone::alarm : Tone::good;
  }

  bool normalized_;
  bool by_total_;
  bool is_narrow_ = false;
  const TextStyle* style_;
  size_t name_columns_ = 0;
};

/// How the rows are to be read, above their columns.
std::string explanation(const Comparison& comparison, const CompareTextOptions& options,
                        const std::vector<analyze::Reduction>& reductions, const TextStyle& style,
                        bool is_narrow) {
  std::string text =
      fmt::format("   Ordered by: change of {} time\n", options.by_total ? "cumulative" : "internal");
  text += reduction_lines(reductions);
  std::vector<std::string> sentences = {
      comparison.normalized ? "Shares of each recording's CPU time, in percent; changes in points"
                            : "Seconds of CPU time",
      "± is the error of sampling only (95 %): one recording each cannot tell how much runs differ.",
      "* more than sampling error, at most 5 % of the marks expected to be wrong"};
  if (is_narrow) {
    sentences.push_back(options.by_total ? "No room here for tottime: --sort tottime, or a wider terminal"
                                         : "No room here for cumtime: --sort cumtime, or a wider terminal");
  }
  for (const std::string& sentence : sentences) text += "   " + wrap(sentence, 3, 5, style) + '\n';
  return text + '\n';
}

std::string line_location(const ComparedLine& line, bool strip_directories) {
  const std::string file = strip_directories ? analyze::basename_of(line.file) : line.file;
  std::string numbers = std::to_string(line.line_b != 0 ? line.line_b : line.line_a);
  if (line.line_a != 0 && line.line_b != 0 && line.line_a != line.line_b) {
    numbers = fmt::format("{}->{}", line.line_a, line.line_b);
  }
  return fmt::format("{}:{}({})", file, numbers, line.function.name);
}

Presence presence_of(const ComparedFunction& row) { return row.presence; }
Presence presence_of(const ComparedLine& row) {
  if (row.line_a == 0) return Presence::fresh;
  return row.line_b == 0 ? Presence::gone : Presence::both;
}
std::string name_of(const ComparedFunction& row, bool strip) { return location_of(row.function, strip); }
std::string name_of(const ComparedLine& row, bool strip) { return line_location(row, strip); }

template <class Row>
std::string write_rows(const Comparison& comparison, const std::vector<Row>& rows,
                       const CompareTextOptions& options, const TextStyle& style) {
  std::vector<uint32_t> order(rows.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  if (options.by_total) {
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](uint32_t i) { return std::abs(rows[i].total.difference()); });
  }
  const auto reductions = analyze::restrict_rows(
      options.restrictions, [&](uint32_t i) { return name_of(rows[i], false); }, order);
  const ChangeColumns columns(comparison.normalized, options.by_total, style);
  std::string text = explanation(comparison, options, reductions, style, columns.is_narrow());
  text += columns.title("filename:lineno(function)");
  for (const uint32_t i : order) {
    text += columns.line(
        rows[i].self, rows[i].total, presence_of(rows[i]),
        {printable(name_of(rows[i], options.strip_directories)), printable(name_of(rows[i], true))});
  }
  return text;
}

}  // namespace

std::string write_comparison(const Comparison& comparison, const CompareNames& names,
                             const CompareTextOptions& options, const TextStyle& style) {
  std::string text = totals(comparison, names, style);
  return text + (options.lines ? write_rows(comparison, comparison.lines, options, style)
                               : write_rows(comparison, comparison.functions, options, style));
}

}  // namespace strobe::report
