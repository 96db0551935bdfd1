// Where the wall time of threads went: seconds per state, which add up to each thread's life. CPU time, the
// time off the CPU and of it the time ready to run are exact (ThreadRow); how the rest divides into states is
// told by the stretches that were kept. Those that stand for themselves alone are taken as they are; what
// is left of the thread's exact time is divided among those that stand for `weight` of them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/attribution.h"
#include "analyze/selection.h"
#include "base/result.h"
#include "model/recording.h"

namespace strobe::analyze {

using StateSeconds = std::array<double, kThreadStateCount>;  ///< by ThreadState

[[nodiscard]] inline double& seconds_in(StateSeconds& states, ThreadState state) {
  return states[static_cast<size_t>(state)];
}
[[nodiscard]] inline double seconds_in(const StateSeconds& states, ThreadState state) {
  return states[static_cast<size_t>(state)];
}
[[nodiscard]] double sum_of(const StateSeconds& states);

/// "on_cpu", "runnable", …
Result<ThreadState> find_state(std::string_view word);
[[nodiscard]] std::vector<std::string> state_words();

/// What one kept stretch stands for, in seconds.
struct StretchSeconds {
  double waiting = 0;    ///< in the stretch's state; 0 where that is runnable
  double runnable = 0;   ///< what it waited for had come, a CPU had not
  bool sampled = false;  ///< stands for others as well: subject to chance
  [[nodiscard]] double sum() const { return waiting + runnable; }
};

struct StretchWeights {
  std::vector<StretchSeconds> stretches;  ///< by stretch of the profile; zeros for threads not selected
  /// By thread, time that no kept stretch tells of: `unknown` what it waited for, or `runnable` nobody knows
  /// where. What its exact times and pauses do not have of its life is unknown as well.
  std::vector<StateSeconds> unseen;
};

/// Invariant, by thread: its stretches, its unseen seconds and its CPU time add up to its life, or to
/// ThreadRow::waited_ns and its CPU time where these are more. Where waited_ns is missing (Strobe was killed
/// before it learnt it) the stretches alone tell.
[[nodiscard]] StretchWeights weigh_stretches(const Profile& profile, const SelectedThreads& selected,
                                             const Attribution& attribution);
[[nodiscard]] StretchWeights weigh_stretches(const Profile& profile, const SelectedThreads& selected);

struct ThreadStates {
  std::vector<StateSeconds> threads;  ///< by thread of the profile; zeros for threads not selected
  StateSeconds sum{};
  StateSeconds sampled{};          ///< of `sum`, what stretches that stand for others tell
  double effective_stretches = 0;  ///< so many equally heavy ones would be as precise as those
  uint64_t voluntary_switches = 0;
  uint64_t forced_switches = 0;
};

/// The kernel's work for Strobe's events at switches, which both a thread's CPU time and its time off the CPU
/// have, is not in on_cpu: the states add up to its life. Without RecordingInfo::wall only on_cpu is known:
/// the rest of a thread's life is `unknown`.
[[nodiscard]] ThreadStates sum_states(const Profile& profile, const SelectedThreads& selected);

/// The 95 % interval, in seconds, of what all threads spent in a state: without width where every stretch of
/// it was kept.
[[nodiscard]] Interval interval_of(const ThreadStates& states, ThreadState state);

}  // namespace strobe::analyze
