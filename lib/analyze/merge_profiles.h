// Two recordings as one, as the browser's `add` has it: all rows of both, so that every view is of both, and
// seconds stay exact because each thread keeps its own CPU time. Pure.
#pragma once

#include "base/result.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Appends the rows of `added` to `profile` and adds up the counts of their quality; everything else of
/// `profile` stays. Fails, changing nothing, where one was sampled per CPU and the other not, or at another
/// rate: pooled shares (docs/decisions/0002) would be wrong. Nor can what counts calls be added.
Result<void> merge_into(Profile& profile, const Profile& added);

}  // namespace strobe::analyze
