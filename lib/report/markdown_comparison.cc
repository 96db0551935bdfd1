// write_markdown_comparison(): for the step summaries of CI systems.
#include <fmt/format.h>

#include <algorithm>

#include "report/comparison_rows.h"
#include "report/escape.h"
#include "report/run_comparison.h"
#include "report/text_columns.h"

namespace strobe::report {
namespace {

using analyze::RunComparison;

/// Foreign text that no Markdown and no HTML can come from.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (std::string_view("\\`*_{}[]<>()#+!|~&").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string write_rows(const RunComparison& comparison) {
  std::string header = "| |";
  std::string rule = "|---|";
  for (const analyze::VariantSummary& variant : comparison.variants) {
    header += ' ' + plain(variant.name) + " |";
    rule += "---:|";
  }
  std::string text = header + '\n' + rule + '\n';
  for (const ComparisonRow& row : make_comparison_rows(comparison)) {
    const size_t indent = row.title.find_first_not_of(' ');
    text += "| " + std::string(indent > 0 ? "&nbsp;&nbsp;" : "") + row.title.substr(indent) + " |";
    for (size_t i = 0; i < comparison.variants.size(); ++i) {
      text += ' ' + (i < row.cells.size() ? plain(row.cells[i]) : std::string()) + " |";
    }
    text += '\n';
  }
  return text;
}

std::string write_functions(const RunComparison& comparison, const analyze::FunctionComparison& functions,
                            const RunCompareTextOptions& options) {
  if (functions.functions.empty()) return {};
  std::string text =
      fmt::format("\n**Functions, {} → {}** ({})\n\n", plain(comparison.variants[functions.a].name),
                  plain(comparison.variants[functions.b].name), describe_basis(functions));
  text += "| function | tottime | → | change | cumtime | → | change |\n|---|---:|---:|---:|---:|---:|---:|\n";
  const size_t all = functions.functions.size();
  const size_t shown = options.functions == 0 ? all : std::min(options.functions, all);
  for (size_t i = 0; i < shown; ++i) {
    const analyze::ComparedFunction& row = functions.functions[i];
    text += fmt::format("| {} | {:.3f} | {:.3f} | {:+.3f} | {:.3f} | {:.3f} | {:+.3f} |\n",
                        plain(location_of(row.function, options.strip_directories)), row.self.a, row.self.b,
                        row.self.difference(), row.total.a, row.total.b, row.total.difference());
  }
  if (shown < all) text += fmt::format("\n{} more are not shown.\n", all - shown);
  return text;
}

}  // namespace

std::string write_markdown_comparison(const RunComparison& comparison, const RunCompareTextOptions& options) {
  std::string text = "### Strobe: comparison of runs\n\n";
  for (const analyze::VerdictSentence& sentence : comparison.verdict)
    text += "- " + plain(sentence.text) + '\n';
  for (const std::string& note : comparison.notes) text += "- note: " + plain(note) + '\n';
  text += '\n' + write_rows(comparison) + "\n\\* beyond what runs differ by\n";
  if (comparison.scaling) {
    text +=
        "\n| workers | wall | Amdahl | speed-up | efficiency | parallelism "
        "|\n|---:|---:|---:|---:|---:|---:|\n";
    for (const ScalingRow& row : make_scaling_rows(*comparison.scaling)) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.workers, row.wall, row.fitted, row.speedup,
                          row.efficiency, row.parallelism);
    }
  }
  for (const analyze::FunctionComparison& functions : comparison.functions) {
    text += write_functions(comparison, functions, options);
  }
  return text;
}

}  // namespace strobe::report
