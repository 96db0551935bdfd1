// Views as text: tables in the manner of Python's pstats, plain for pipes, coloured and cut to the width
// for terminals. Returns strings; who writes them where is the command line's business. Everything foreign
// is escaped.
#pragma once

#include <string>

#include "analyze/comparison.h"
#include "analyze/function_table.h"
#include "analyze/line_view.h"
#include "analyze/ordering.h"
#include "analyze/quality_view.h"
#include "analyze/thread_tree.h"

namespace strobe::report {

struct TextStyle {
  bool color = false;
  size_t width = 0;  ///< of the terminal, in columns; 0: not a terminal, nothing is shortened to fit
};

struct FunctionTextOptions {
  analyze::OrderOptions order;
  bool strip_directories = false;
  bool intervals = false;  ///< the 95 % intervals of the shares as further columns
};

[[nodiscard]] std::string write_functions(const analyze::FunctionTable& table,
                                          const FunctionTextOptions& options, const TextStyle& style);

struct LineTextOptions {
  analyze::OrderOptions order;  ///< as the view was made with
  bool self_column = false;     ///< also the time in the line itself, without what it calls
};
/// In the shape of line_profiler: a block for every function.
[[nodiscard]] std::string write_lines(const analyze::LineView& view, const LineTextOptions& options,
                                      const TextStyle& style);

[[nodiscard]] std::string write_threads(const analyze::ThreadTree& tree, const TextStyle& style);
[[nodiscard]] std::string write_quality(const analyze::QualityView& view, const TextStyle& style);

/// The first lines of a view of stacks: how many samples in how many CPU seconds, and what was filtered.
[[nodiscard]] std::string write_coverage(const analyze::Coverage& coverage);
/// What a filter is, in a line; empty where there is none.
[[nodiscard]] std::string write_filter(const analyze::StackFilter& filter);

struct CompareNames {
  std::string a;  ///< the recordings' paths
  std::string b;
};

struct CompareTextOptions {
  bool lines = false;     ///< lines in place of functions
  bool by_total = false;  ///< ordered by the change of the total, not of self
  bool strip_directories = false;
  std::vector<analyze::Restriction> restrictions;
};
[[nodiscard]] std::string write_comparison(const analyze::Comparison& comparison, const CompareNames& names,
                                           const CompareTextOptions& options, const TextStyle& style);

/// A line for every warning, loud on a terminal; what every report begins with. Empty where all is well.
[[nodiscard]] std::string write_warnings(const analyze::QualityView& view, const TextStyle& style);

/// The quality in one line; figures beyond their limits are marked.
[[nodiscard]] std::string write_quality_line(const analyze::QualityView& view, const TextStyle& style);

}  // namespace strobe::report
