// write_run_comparison(): the verdict first, then the table it rests on.
#include <fmt/format.h>

#include <algorithm>

#include "analyze/figures.h"
#include "report/comparison_rows.h"
#include "report/escape.h"
#include "report/run_comparison.h"
#include "report/text_columns.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::Change;
using analyze::ComparedFunction;
using analyze::RunComparison;

constexpr size_t kGap = 2;

std::string pad(const std::string& text, size_t columns) {
  const size_t width = display_width(text);
  return text + std::string(columns > width ? columns - width : 0, ' ');
}

std::string write_verdict(const RunComparison& comparison, const TextStyle& style) {
  std::string text;
  for (const analyze::VerdictSentence& sentence : comparison.verdict) {
    text += "   " + paint(printable(sentence.text), Tone::strong, style) + '\n';
  }
  return text;
}

std::string write_commands(const RunComparison& comparison) {
  std::string text;
  for (const analyze::VariantSummary& variant : comparison.variants) {
    if (variant.command.empty()) continue;
    text += fmt::format("   {}: {}\n", printable(variant.name), printable(variant.command));
  }
  return text.empty() ? text : text + '\n';
}

std::string write_table(const RunComparison& comparison) {
  std::vector<ComparisonRow> rows = make_comparison_rows(comparison);
  ComparisonRow names{.title = "", .cells = {}};
  for (const analyze::VariantSummary& variant : comparison.variants)
    names.cells.push_back(printable(variant.name));
  rows.insert(rows.begin(), std::move(names));
  size_t title_width = 0;
  std::vector<size_t> widths(comparison.variants.size(), 0);
  for (const ComparisonRow& row : rows) {
    title_width = std::max(title_width, display_width(row.title));
    for (size_t i = 0; i < row.cells.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row.cells[i]));
  }
  std::string text;
  for (const ComparisonRow& row : rows) {
    std::string line = "   " + pad(row.title, title_width);
    for (size_t i = 0; i < row.cells.size(); ++i) {
      line += std::string(kGap, ' ') + pad(row.cells[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text + "   * beyond what runs differ by (docs/comparing.md)\n";
}

std::string write_scaling(const analyze::Scaling& scaling) {
  std::string text = fmt::format("\n   {:>8} {:>10} {:>10} {:>9} {:>10} {:>11}\n", "workers", "wall",
                                 "Amdahl", "speed-up", "efficiency", "parallelism");
  for (const ScalingRow& row : make_scaling_rows(scaling)) {
    text += fmt::format("   {:>8} {:>10} {:>10} {:>9} {:>10} {:>11}\n", row.workers, row.wall, row.fitted,
                        row.speedup, row.efficiency, row.parallelism);
  }
  return text;
}

std::string change_columns(const Change& change) {
  return fmt::format(" {:>8.3f} {:>8.3f} {:>+8.3f}{}", change.a, change.b, change.difference(),
                     change.beyond ? '*' : ' ');
}

std::string write_changed_functions(const RunComparison& comparison,
                                    const analyze::FunctionComparison& functions,
                                    const RunCompareTextOptions& options) {
  std::string text =
      fmt::format("\n   Functions, {} -> {}: {}\n", printable(comparison.variants[functions.a].name),
                  printable(comparison.variants[functions.b].name), describe_basis(functions));
  if (functions.basis == analyze::Basis::not_judged) return text;
  if (functions.functions.empty()) return text + "   none differs\n";
  text += fmt::format("   {:>8} {:>8} {:>8}  {:>8} {:>8} {:>8}       {}\n", "tottime", "->", "change",
                      "cumtime", "->", "change", "filename:lineno(function)");
  const size_t all = functions.functions.size();
  const size_t shown = options.functions == 0 ? all : std::min(options.functions, all);
  for (size_t i = 0; i < shown; ++i) {
    const ComparedFunction& row = functions.functions[i];
    const char* mark = row.presence == analyze::Presence::fresh  ? "new "
                       : row.presence == analyze::Presence::gone ? "gone"
                                                                 : "    ";
    text += fmt::format("  {}{} {} {}\n", change_columns(row.self), change_columns(row.total), mark,
                        printable(location_of(row.function, options.strip_directories)));
  }
  if (shown < all) text += fmt::format("   and {} more: -n 0 shows all\n", all - shown);
  return text;
}

}  // namespace

std::string write_run_comparison(const RunComparison& comparison, const RunCompareTextOptions& options,
                                 const TextStyle& style) {
  std::string text = write_verdict(comparison, style);
  for (const std::string& note : comparison.notes) text += "   note: " + printable(note) + '\n';
  text += '\n' + write_commands(comparison) + write_table(comparison);
  if (comparison.scaling) text += write_scaling(*comparison.scaling);
  for (const analyze::FunctionComparison& functions : comparison.functions) {
    text += write_changed_functions(comparison, functions, options);
  }
  return text;
}

}  // namespace strobe::report
