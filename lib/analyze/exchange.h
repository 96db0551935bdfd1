// How long threads waited for data from, or room at, other processes of the same run. Pure.
#pragma once

#include "analyze/selection.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Seconds that the selected threads waited for pipes and sockets that lead to another process of the
/// recording: what threads of two processes wait for under one name, both ends of an internet connection, and
/// any pipe without a name of a run with several processes. Unnamed sockets cannot be told; 0 without
/// stretches.
[[nodiscard]] double measure_exchange(const Profile& profile, const SelectedThreads& selected);

}  // namespace strobe::analyze
