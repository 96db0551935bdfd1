// What the working threads of one variant spend their time on: the rules of docs/threads-or-processes.md that
// look at one variant alone. Pure.
#pragma once

#include <vector>

#include "analyze/run_comparison.h"

namespace strobe::analyze {

/// A state is worth a sentence from this share of the working threads' time on.
inline constexpr double kTellingShare = 0.2;
/// Two are told together where the second has this much of the first: which of them matters is not known.
inline constexpr double kTogether = 2.0 / 3;
/// Of the CPU time, from which starting up or copying is what a variant is bound by.
inline constexpr double kTellingCpuShare = 0.2;

/// What its threads do, in one sentence; then start-up and copying where they are large.
[[nodiscard]] std::vector<VerdictSentence> explain_variant(const VariantSummary& variant);

}  // namespace strobe::analyze
