// Parts that the tables of functions, calls and the call tree have in common.
#pragma once

#include <string>

#include "analyze/amounts.h"
#include "analyze/ordering.h"
#include "analyze/weighted_stacks.h"
#include "report/text_style.h"

namespace strobe::report {

inline constexpr size_t kMinLocationColumns = 24;  ///< a narrower terminal wraps instead
inline constexpr double kHotShare = 0.10;          ///< of the CPU time: shown strong

/// What the column of names is called.
[[nodiscard]] std::string column_title(analyze::Grouping grouping);

/// How a table begins: what it covers, "Ordered by", one line for every restriction, and what the samples
/// are, with an empty line behind.
[[nodiscard]] std::string table_header(const analyze::FunctionTable& table,
                                       const analyze::OrderOptions& order,
                                       const std::vector<analyze::Reduction>& reductions);
/// What the column of samples means, a line.
[[nodiscard]] std::string samples_line(const analyze::Coverage& coverage);
[[nodiscard]] std::string reduction_lines(const std::vector<analyze::Reduction>& reductions);

/// The title of the column of samples, or of what stands in their place.
[[nodiscard]] const char* samples_title(bool counts_calls);

/// Of calls, as in pstats: one number where none is recursive, else "calls/primitive calls".
[[nodiscard]] std::string call_text(const analyze::Amount& primitive, const analyze::Amount& all);

/// One number where both are equal, else "self/total", in the order of the columns of seconds.
[[nodiscard]] std::string sample_text(const analyze::Amount& self, const analyze::Amount& total);

/// "dir/file:12(name)" cut to `columns` as below a ShownLocation is. Printable.
[[nodiscard]] std::string fit_location(const analyze::FunctionIdentity& function, bool strip_directories,
                                       size_t columns);

}  // namespace strobe::report
