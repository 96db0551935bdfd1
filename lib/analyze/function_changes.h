// Which functions of two programs take a different time, judged by how the runs of each differ. Pure.
#pragma once

#include "analyze/run_comparison.h"

namespace strobe::analyze {

/// `a` and `b` are the variants' numbers in the comparison. Runs that did not finish do not count.
[[nodiscard]] FunctionComparison compare_functions_of_runs(const std::vector<VariantRuns>& variants, size_t a,
                                                           size_t b);

}  // namespace strobe::analyze
