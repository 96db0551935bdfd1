// Runs of programs by their figures, for tests of comparisons: no profile is needed.
#pragma once

#include <string>
#include <vector>

#include "analyze/run_comparison.h"

namespace strobe::test {

/// A run of so many seconds, with `parallelism` CPUs at work and nothing else to say about it.
[[nodiscard]] analyze::RunSummary make_run(double wall_seconds, double parallelism = 1);

/// One run for each of these wall times.
[[nodiscard]] analyze::VariantRuns make_variant(const std::string& name, const std::vector<double>& walls,
                                                double parallelism = 1);

/// Threads against processes on a computation under a GIL, as figures: the data of the golden tests.
[[nodiscard]] std::vector<analyze::VariantRuns> threads_and_processes();

}  // namespace strobe::test
