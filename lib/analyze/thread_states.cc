#include "analyze/thread_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// Seconds of one kind (waiting, or ready to run) of one thread, as its kept stretches have them.
struct Kept {
  double certain = 0;  ///< in stretches that stand for themselves
  double sampled = 0;  ///< in the others, times their weight
  double spread = 0;   ///< variance of that: of Horvitz and Thompson's estimate, stretch by stretch
};

/// How to fit kept seconds to an exact sum.
struct Fit {
  double certain = 1;
  double sampled = 1;
  double unseen = 0;  ///< what is left, with nothing that could stand for it
};

/// What is left of the exact time after the certain stretches belongs to the sampled ones, as far as chance
/// explains that they make another sum: more than that is of a kind of which none was kept.
constexpr double kMostDeviations = 3;

Fit fit_to(double exact, const Kept& kept) {
  if (kept.certain >= exact) return {kept.certain > 0 ? exact / kept.certain : 0, 0, 0};
  const double left = exact - kept.certain;
  if (kept.sampled <= 0) return {1, 0, left};
  const double explained = std::min(left, kept.sampled + kMostDeviations * std::sqrt(kept.spread));
  return {1, explained / kept.sampled, left - explained};
}

/// One stretch as it is, with its weight.
struct Parts {
  double waiting = 0;
  double runnable = 0;
};

Parts parts_of(const StretchRow& stretch) {
  const uint64_t length = stretch.end_ns > stretch.start_ns ? stretch.end_ns - stretch.start_ns : 0;
  const uint64_t runnable =
      stretch.state == ThreadState::runnable ? length : std::min(stretch.runnable_ns, length);
  const double weight = std::max(1u, stretch.weight);
  return {seconds_of(length - runnable) * weight, seconds_of(runnable) * weight};
}

struct ThreadSums {
  Kept waiting;
  Kept runnable;
};

std::vector<ThreadSums> sum_kept(const Profile& profile) {
  std::vector<ThreadSums> sums(profile.threads.size());
  for (const StretchRow& stretch : profile.stretches) {
    if (stretch.thread.index() >= sums.size()) continue;
    ThreadSums& sum = sums[stretch.thread.index()];
    const Parts parts = parts_of(stretch);
    const auto add = [&](Kept& kept, double part) {
      if (stretch.weight <= 1) {
        kept.certain += part;
      } else {
        kept.sampled += part;
        kept.spread += part * part * (1 - 1.0 / stretch.weight);
      }
    };
    add(sum.waiting, parts.waiting);
    add(sum.runnable, parts.runnable);
  }
  return sums;
}

/// Of what was not dropped from the recording: the exact times are of that alone.
double life_of(const Profile& profile, const ThreadRow& thread) {
  const uint64_t start = std::max(thread.start_ns, profile.quality.dropped.until_ns);
  return seconds_of(thread.end_ns > start ? thread.end_ns - start : 0);
}

/// The kernel's own work for the events of a thread that is switched out or in: its CPU counter stops after
/// the record of the switch, and starts before it (kernel/events/core.c).
constexpr double kMostWorkOfSwitch = 30e-6;

/// CPU time that is in the time off the CPU as well: what both together are longer than the thread's life, as
/// far as its switches explain it. The thread's own clock does not have it.
double switching_seconds(const Profile& profile, const ThreadRow& thread, double cpu_seconds) {
  const double excess = cpu_seconds + seconds_of(thread.waited_ns) - life_of(profile, thread);
  const auto switches = static_cast<double>(thread.voluntary_switches + thread.forced_switches);
  return std::clamp(excess, 0.0, std::min(cpu_seconds, kMostWorkOfSwitch * switches));
}

/// The exact times of a thread off the CPU; of what is missing, what its stretches say.
Parts exact_times(const Profile& profile, const ThreadRow& thread, const ThreadSums& sums) {
  const double waiting = sums.waiting.certain + sums.waiting.sampled;
  const double runnable = sums.runnable.certain + sums.runnable.sampled;
  double off_cpu = seconds_of(thread.waited_ns);
  if (thread.waited_ns == 0) {
    off_cpu = std::clamp(life_of(profile, thread) - seconds_of(thread.cpu_ns), 0.0, waiting + runnable);
  }
  double ready = seconds_of(thread.runnable_ns);
  if (thread.runnable_ns == 0 && runnable > 0) ready = off_cpu * runnable / (waiting + runnable);
  ready = std::min(ready, off_cpu);
  return {off_cpu - ready, ready};
}

}  // namespace

double sum_of(const StateSeconds& states) { return std::accumulate(states.begin(), states.end(), 0.0); }

std::vector<std::string> state_words() {
  std::vector<std::string> words;
  words.reserve(kThreadStateCount);
  for (int state = 0; state < kThreadStateCount; ++state)
    words.emplace_back(name_of(static_cast<ThreadState>(state)));
  return words;
}

Result<ThreadState> find_state(std::string_view word) {
  for (int state = 0; state < kThreadStateCount; ++state) {
    if (name_of(static_cast<ThreadState>(state)) == word) return static_cast<ThreadState>(state);
  }
  return fail(ErrorCode::invalid_argument, fmt::format("no state '{}'", word),
              fmt::format("use one of: {}", fmt::join(state_words(), " ")));
}

StretchWeights weigh_stretches(const Profile& profile, const SelectedThreads& selected) {
  return weigh_stretches(profile, selected, attribute(profile, selected));
}

StretchWeights weigh_stretches(const Profile& profile, const SelectedThreads& selected,
                               const Attribution& attribution) {
  StretchWeights weights;
  weights.stretches.resize(profile.stretches.size());
  weights.unseen.resize(profile.threads.size());
  const std::vector<ThreadSums> sums = sum_kept(profile);
  std::vector<Fit> waiting(sums.size());
  std::vector<Fit> runnable(sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    if (!selected[i]) continue;
    const double cpu_seconds = attribution.threads[i].cpu_seconds;
    const Parts exact = exact_times(profile, profile.threads[i], sums[i]);
    waiting[i] = fit_to(exact.waiting, sums[i].waiting);
    runnable[i] = fit_to(exact.runnable, sums[i].runnable);
    const double exact_life = cpu_seconds + exact.waiting + exact.runnable;
    const double paused = seconds_of(profile.quality.pauses.total_ns);  // of those nobody asks
    seconds_in(weights.unseen[i], ThreadState::unknown) =
        waiting[i].unseen + std::max(0.0, life_of(profile, profile.threads[i]) - exact_life - paused);
    seconds_in(weights.unseen[i], ThreadState::runnable) = runnable[i].unseen;
  }
  for (size_t i = 0; i < profile.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    const size_t thread = stretch.thread.index();
    if (thread >= sums.size() || !selected[thread]) continue;
    const Parts parts = parts_of(stretch);
    const bool sampled = stretch.weight > 1;
    weights.stretches[i] = {
        .waiting = parts.waiting * (sampled ? waiting[thread].sampled : waiting[thread].certain),
        .runnable = parts.runnable * (sampled ? runnable[thread].sampled : runnable[thread].certain),
        .sampled = sampled};
  }
  return weights;
}

ThreadStates sum_states(const Profile& profile, const SelectedThreads& selected) {
  ThreadStates states;
  const Attribution attribution = attribute(profile, selected);
  const StretchWeights weights = weigh_stretches(profile, selected, attribution);
  states.threads = weights.unseen;
  double spread = 0;
  for (size_t i = 0; i < profile.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    const StretchSeconds& seconds = weights.stretches[i];
    if (seconds.sum() <= 0) continue;
    StateSeconds& thread = states.threads[stretch.thread.index()];
    seconds_in(thread, stretch.state) += seconds.waiting;
    seconds_in(thread, ThreadState::runnable) += seconds.runnable;
    if (!seconds.sampled) continue;
    seconds_in(states.sampled, stretch.state) += seconds.waiting;
    seconds_in(states.sampled, ThreadState::runnable) += seconds.runnable;
    spread += seconds.sum() * seconds.sum();
  }
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    if (!selected[i]) continue;
    const ThreadRow& row = profile.threads[i];
    StateSeconds& thread = states.threads[i];
    const double cpu_seconds = attribution.threads[i].cpu_seconds;
    seconds_in(thread, ThreadState::on_cpu) += cpu_seconds - switching_seconds(profile, row, cpu_seconds);
    for (size_t state = 0; state < thread.size(); ++state) states.sum[state] += thread[state];
    states.voluntary_switches += row.voluntary_switches;
    states.forced_switches += row.forced_switches;
  }
  const double sampled = sum_of(states.sampled);
  if (spread > 0) states.effective_stretches = sampled * sampled / spread;
  return states;
}

Interval interval_of(const ThreadStates& states, ThreadState state) {
  const double all = seconds_in(states.sum, state);
  const double sampled = sum_of(states.sampled);
  if (sampled <= 0) return {all, all};
  const double own = seconds_in(states.sampled, state);
  const Interval share = wilson_interval(own / sampled, states.effective_stretches);
  return {all - own + share.low * sampled, all - own + share.high * sampled};
}

}  // namespace strobe::analyze
