#include "report/text_columns.h"

#include <fmt/format.h>

#include "report/escape.h"
#include "report/text.h"

namespace strobe::report {
namespace {

/// In pstats' words.
std::string call_coverage(const analyze::FunctionTable& table) {
  uint64_t primitive = 0;
  for (const analyze::FunctionStats& row : table.rows) primitive += row.self.samples;
  const analyze::Amount& all = table.coverage.whole;
  const std::string note = primitive == all.samples ? "" : fmt::format(" ({} primitive calls)", primitive);
  return fmt::format("         {} function calls{} in {:.3f} seconds\n", all.samples, note, all.seconds);
}

}  // namespace

std::string column_title(analyze::Grouping grouping) {
  switch (grouping) {
    case analyze::Grouping::file:
      return "file";
    case analyze::Grouping::module:
      return "module";
    case analyze::Grouping::thread:
      return "thread";
    case analyze::Grouping::process:
      return "process";
    default:
      return "filename:lineno(function)";
  }
}

std::string reduction_lines(const std::vector<analyze::Reduction>& reductions) {
  std::string text;
  for (const analyze::Reduction& reduction : reductions) {
    text += fmt::format("   List reduced from {} to {} due to restriction <{}>\n", reduction.before,
                        reduction.after, printable(reduction.restriction));
  }
  return text;
}

std::string table_header(const analyze::FunctionTable& table, const analyze::OrderOptions& order,
                         const std::vector<analyze::Reduction>& reductions) {
  const bool calls = table.counts_calls;
  std::string text = (calls ? call_coverage(table) : write_coverage(table.coverage)) + "\n   Ordered by: ";
  for (size_t i = 0; i < order.keys.size(); ++i)
    text.append(i == 0 ? "" : ", ").append(describe(order.keys[i], calls));
  return text + '\n' + reduction_lines(reductions) +
         (calls ? "   Calls are counted, every one; seconds are as the counting profiler measured them\n\n"
                : samples_line(table.coverage) + '\n');
}

std::string samples_line(const analyze::Coverage& coverage) {
  return coverage.filter.wall
             ? "   Samples are self/total: moments on the CPU and stretches off it, not calls\n"
             : "   Samples are self/total; they are moments on the CPU, not calls\n";
}

const char* samples_title(bool counts_calls) { return counts_calls ? "ncalls" : "samples"; }

std::string call_text(const analyze::Amount& primitive, const analyze::Amount& all) {
  if (primitive.samples == all.samples) return std::to_string(all.samples);
  return fmt::format("{}/{}", all.samples, primitive.samples);
}

std::string sample_text(const analyze::Amount& self, const analyze::Amount& total) {
  if (total.samples == self.samples) return std::to_string(total.samples);
  return fmt::format("{}/{}", self.samples, total.samples);
}

std::string fit_location(const analyze::FunctionIdentity& function, bool strip_directories, size_t columns) {
  return fit_location({printable(analyze::location_of(function, strip_directories)),
                       printable(analyze::location_of(function, true))},
                      columns);
}

}  // namespace strobe::report
