// How a program's time goes down with the number of its workers: the law of Amdahl (1967) fitted to the runs,
// T(n) = T(1) · (s + (1 − s) / n), and where the runs stop following it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "analyze/run_comparison.h"

namespace strobe::analyze {

/// `workers` is parallel to the comparison's variants. None for fewer than two different numbers of workers.
[[nodiscard]] std::optional<Scaling> fit_scaling(const RunComparison& comparison,
                                                 const std::vector<double>& workers);

}  // namespace strobe::analyze
