#include "analyze/check_wait_facts.h"

#include <algorithm>

#include "base/clock.h"

namespace strobe::analyze::check {

WaitFacts::WaitFacts(const Profile& profile)
    : profile_(&profile), weights_(weigh_stretches(profile, select_all(profile))) {
  for (const ThreadRow& thread : profile.threads)
    thread_seconds_ += seconds_of(thread.end_ns - std::min(thread.start_ns, thread.end_ns));
}

double WaitFacts::seconds_in_state(size_t i, std::optional<ThreadState> state) const {
  const StretchSeconds& seconds = weights_.stretches[i];
  if (!state) return seconds.sum();
  if (*state == ThreadState::runnable) return seconds.runnable;
  return profile_->stretches[i].state == *state ? seconds.waiting : 0;
}

void WaitFacts::add(size_t i, std::optional<ThreadState> state, Measured& result) const {
  const double seconds = seconds_in_state(i, state);
  result.value += seconds;
  const double weight = std::max(1u, profile_->stretches[i].weight);
  result.variance += seconds * seconds * (1 - 1 / weight);
}

Measured WaitFacts::of_stacks(const std::vector<bool>& stacks, std::optional<ThreadState> state) const {
  Measured result{.whole = thread_seconds_};
  for (size_t i = 0; i < weights_.stretches.size(); ++i) {
    const size_t stack = profile_->stretches[i].stack.index();
    if (stack < stacks.size() && stacks[stack]) add(i, state, result);
  }
  return result;
}

Measured WaitFacts::of_threads(const SelectedThreads& threads, ThreadState state) const {
  Measured result{.whole = thread_seconds_};
  for (size_t i = 0; i < weights_.stretches.size(); ++i) {
    const size_t thread = profile_->stretches[i].thread.index();
    if (thread < threads.size() && threads[thread]) add(i, state, result);
  }
  for (size_t i = 0; i < std::min(threads.size(), weights_.unseen.size()); ++i) {
    if (threads[i]) result.value += seconds_in(weights_.unseen[i], state);
  }
  return result;
}

Measured WaitFacts::holding_gil() const {
  Measured result;
  for (size_t i = 0; i < weights_.stretches.size(); ++i) {
    const StretchRow& stretch = profile_->stretches[i];
    if (holds_gil(stretch.python) && stretch.state != ThreadState::gil) add(i, std::nullopt, result);
  }
  return result;
}

Measured WaitFacts::of_lock(const std::string& pattern, MeasureId id) const {
  Measured result{.whole = id == MeasureId::lock_wait ? thread_seconds_ : 0};
  double longest = 0;
  double waits = 0;
  for (size_t i = 0; i < weights_.stretches.size(); ++i) {
    const StretchRow& stretch = profile_->stretches[i];
    // Waiting for a condition (a join, a queue) is no contention.
    if (stretch.state != ThreadState::lock) continue;
    if (!matches_name(pattern, profile_->text(stretch.object))) continue;
    add(i, stretch.state, result);
    const uint64_t length = stretch.end_ns - std::min(stretch.start_ns, stretch.end_ns);
    longest = std::max(longest, seconds_of(length - std::min(length, stretch.runnable_ns)));
    waits += std::max(1u, stretch.weight);
  }
  if (id == MeasureId::lock_wait) return result;
  return {.value = id == MeasureId::lock_longest ? longest : waits};
}

}  // namespace strobe::analyze::check
