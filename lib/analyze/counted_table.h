// The functions view of a profile that counts calls (cProfile) in place of sampling. Pure.
#pragma once

#include "analyze/function_table.h"
#include "model/recording.h"

namespace strobe::analyze {

/// profile.counts has to be there. All rows are exact; shares are of the sum of all own seconds.
[[nodiscard]] FunctionTable make_counted_table(const Profile& profile, bool with_edges);

}  // namespace strobe::analyze
