// How many threads were on a CPU at once, on average and over the time of the recording. Pure.
#pragma once

#include <vector>

#include "analyze/attribution.h"
#include "model/recording.h"

namespace strobe::analyze {

struct Parallelism {
  double average = 0;         ///< CPU seconds / seconds of the recording
  double slot_seconds = 0;    ///< the recording is cut into slots of this length
  std::vector<double> slots;  ///< by slot, threads on a CPU on average; empty for a recording without length
};

/// CPU time lies where a thread's samples are; of threads without samples, evenly over their lives.
[[nodiscard]] Parallelism measure_parallelism(const Profile& profile, const SelectedThreads& selected,
                                              const Attribution& attribution, size_t slots = 60);

}  // namespace strobe::analyze
