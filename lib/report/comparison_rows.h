// The table of a comparison of runs as words: a row for each figure, a cell for each variant. What text and
// Markdown have in common. Not escaped but for the units and digits, which need nothing.
#pragma once

#include <string>
#include <vector>

#include "analyze/run_comparison.h"

namespace strobe::report {

struct ComparisonRow {
  std::string title;
  std::vector<std::string> cells;  ///< by variant
  bool heading = false;            ///< a title without cells
};
[[nodiscard]] std::vector<ComparisonRow> make_comparison_rows(const analyze::RunComparison& comparison);

/// The curve of a scaled program: a row for each number of workers.
struct ScalingRow {
  std::string workers, wall, fitted, speedup, efficiency, parallelism;
};
[[nodiscard]] std::vector<ScalingRow> make_scaling_rows(const analyze::Scaling& scaling);

/// What a list of functions rests on, in a sentence.
[[nodiscard]] std::string describe_basis(const analyze::FunctionComparison& functions);

}  // namespace strobe::report
