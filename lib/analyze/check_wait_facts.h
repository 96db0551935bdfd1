// The quantities of `strobe check` that are about waiting: seconds off the CPU by function, thread and lock.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/check_facts.h"
#include "analyze/thread_states.h"
#include "model/recording.h"

namespace strobe::analyze::check {

class WaitFacts {
 public:
  /// Borrows the profile, which was recorded with --wall.
  explicit WaitFacts(const Profile& profile);

  /// Seconds in a state, or in any off the CPU, on those stacks; `stacks` is by stack of the profile.
  [[nodiscard]] Measured of_stacks(const std::vector<bool>& stacks, std::optional<ThreadState> state) const;
  /// Seconds that those threads spent in a state off the CPU.
  [[nodiscard]] Measured of_threads(const SelectedThreads& threads, ThreadState state) const;
  /// Seconds off the CPU of threads that had the GIL meanwhile.
  [[nodiscard]] Measured holding_gil() const;
  /// lock_wait, lock_longest or lock_waits of locks with such a name. Where nobody waited for one, that is 0:
  /// locks have names by waiting for them only.
  [[nodiscard]] Measured of_lock(const std::string& pattern, MeasureId id) const;

 private:
  /// Of stretch `i`, the seconds in a state (none: in any).
  [[nodiscard]] double seconds_in_state(size_t i, std::optional<ThreadState> state) const;
  /// Adds them with their variance: one that stands for `weight` was kept with a chance of 1 / weight.
  void add(size_t i, std::optional<ThreadState> state, Measured& result) const;

  const Profile* profile_;
  StretchWeights weights_;
  double thread_seconds_ = 0;
};

}  // namespace strobe::analyze::check
