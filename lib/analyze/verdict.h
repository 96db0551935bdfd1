// What a comparison of runs comes to, in sentences made from its figures by fixed rules
// (docs/threads-or-processes.md), each with the figures it rests on. Where they do not tell one cause from
// another, that is what the sentence says. Pure.
#pragma once

#include <vector>

#include "analyze/run_comparison.h"

namespace strobe::analyze {

/// From everything else in the comparison.
[[nodiscard]] std::vector<VerdictSentence> judge_runs(const RunComparison& comparison);

}  // namespace strobe::analyze
