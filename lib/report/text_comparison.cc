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

std::string totals(const Comparison& comparison, const CompareNames& names) {
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
  text += '\n' + write_filter(comparison.filter);
  for (const std::string& note : comparison.notes) text += "   note: " + printable(note) + '\n';
  return text;
}

/// How the rows are to be read, above their columns.
std::string explanation(const Comparison& comparison, const CompareTextOptions& options,
                        const std::vector<analyze::Reduction>& reductions) {
  std::string text =
      fmt::format("   Ordered by: change of {} time\n", options.by_total ? "cumulative" : "internal");
  text += reduction_lines(reductions);
  text += comparison.normalized ? "   Shares of each recording's CPU time, in percent; changes in points\n"
                                : "   Seconds of CPU time\n";
  text +=
      "   ± is the error of sampling only (95 %): one recording each cannot tell how much runs differ.\n"
      "   * more than sampling error, at most 5 % of the marks expected to be wrong\n\n";
  return text;
}

class ChangeColumns {
 public:
  ChangeColumns(bool normalized, const TextStyle& style) : normalized_(normalized), style_(&style) {
    if (style.width > 0) {
      name_columns_ = std::max(kMinNameColumns, style.width - std::min(style.width, numbers_width()));
    }
  }

  [[nodiscard]] std::string title(const char* last) const {
    const std::string text =
        fmt::format(" {:>8} {:>8} {:>8}  {:<7} {:>8} {:>8} {:>8}  {:<7}      {}", "tottime", "->", "change",
                    "±95%", "cumtime", "->", "change", "±95%", last);
    return paint(text, Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const Change& self, const Change& total, Presence presence,
                                 const ShownLocation& name) const {
    const char* mark = presence == Presence::fresh ? "new " : presence == Presence::gone ? "gone" : "    ";
    const std::string shown = fit_location(name, name_columns_);
    const std::string text = columns(self, presence) + columns(total, presence) + ' ' + mark + ' ' + shown;
    return paint(text, tone_of(self, total), *style_) + '\n';
  }

 private:
  static constexpr size_t kColumnsWidth = 9 * 3 + 9 + 1;
  static size_t numbers_width() { return 2 * kColumnsWidth + 6; }

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
  [[nodiscard]] static Tone tone_of(const Change& self, const Change& total) {
    const Change& judged = self.beyond ? self : total;
    if (!judged.beyond) return Tone::plain;
    return judged.difference() > 0 ? Tone::alarm : Tone::good;
  }

  bool normalized_;
  const TextStyle* style_;
  size_t name_columns_ = 0;
};

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
  const ChangeColumns columns(comparison.normalized, style);
  std::string text = explanation(comparison, options, reductions);
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
  std::string text = totals(comparison, names);
  return text + (options.lines ? write_rows(comparison, comparison.lines, options, style)
                               : write_rows(comparison, comparison.functions, options, style));
}

}  // namespace strobe::report
