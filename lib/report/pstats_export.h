// The functions of a profile as the file that Python's cProfile writes, for pstats and the programs that read
// its files (snakeviz, gprof2dot): a marshalled dictionary
//   (file, line, function) -> (primitive calls, calls, tottime, cumtime, {caller: (calls, primitive, …)}).
// Seconds are those of every other view. There are no calls in a sampled profile: where pstats expects them
// stand total and self samples, as in the functions view. The format: Python's Lib/cProfile.py and
// Python/marshal.c; only what Python 2.7 and every later version reads is used.
#pragma once

#include <string>

#include "analyze/function_table.h"

namespace strobe::report {

/// `table` has to have edges. Every row is one entry, and there is one, "[no samples]", where there is no
/// row; those that the reader could not tell apart by file, line and name have their module in the name.
/// Names are made printable: pstats prints them as they are.
[[nodiscard]] std::string write_pstats(const analyze::FunctionTable& table);

}  // namespace strobe::report
