// Who woke whom: waiting of threads by the thread that ended it, where the recording knows
// (StretchRow::waker). Pure.
#pragma once

#include <vector>

#include "analyze/thread_states.h"
#include "model/recording.h"

namespace strobe::analyze {

struct Waking {
  ThreadId waker;
  ThreadId woken;
  ThreadState state = ThreadState::unknown;  ///< what `woken` waited for
  double seconds = 0;                        ///< of that waiting, without the time ready to run behind it
  double count = 0;                          ///< so many waits, estimated from those kept
};

/// Of selected threads that were woken, most seconds first.
[[nodiscard]] std::vector<Waking> list_wakings(const Profile& profile, const StretchWeights& weights);

/// How many stretches a kept one stands for, as its seconds are weighed.
[[nodiscard]] double count_of(const StretchRow& stretch, const StretchSeconds& seconds);

}  // namespace strobe::analyze
