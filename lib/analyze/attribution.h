// How exact CPU time becomes seconds of samples. A thread's CPU seconds are known exactly; its samples only
// say how they divide. So each sample of a thread stands for (its sampled CPU seconds / its samples), and
// what no sample covers is kept apart: time in the kernel where the kernel was not sampled, and threads too
// short to be hit. Invariant: cpu_seconds = sampled_seconds + kernel_seconds + too_short_seconds.
#pragma once

#include <cstdint>
#include <vector>

#include "analyze/selection.h"
#include "model/recording.h"

namespace strobe::analyze {

/// One thread's CPU time, in seconds, and where it goes.
struct ThreadShare {
  double cpu_seconds = 0;         ///< exact; estimated where the scheduler's figure is missing
  double kernel_seconds = 0;      ///< in the kernel, not sampled
  double too_short_seconds = 0;   ///< no sample covers it
  double seconds_per_sample = 0;  ///< what each of its samples stands for
  uint64_t samples = 0;
};

struct Attribution {
  std::vector<ThreadShare> threads;  ///< by thread of the profile; zeros for threads not selected
  double cpu_seconds = 0;
  double sampled_seconds = 0;
  double kernel_seconds = 0;
  double too_short_seconds = 0;
  uint64_t samples = 0;
  uint64_t estimated_threads = 0;  ///< had samples and no exact CPU time: samples x period was taken
  /// The number of equally weighted samples that would be as precise: W^2 / sum over groups (W_g^2 / n_g),
  /// a group being what shares were computed in (a thread, or a pool of threads of one command).
  double effective_samples = 0;
};

[[nodiscard]] Attribution attribute(const Profile& profile, const SelectedThreads& selected);

}  // namespace strobe::analyze
