#include "record/look_tracker.h"

#include <algorithm>
#include <utility>

namespace strobe::record {
namespace {

uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

/// One row for `turns` stretches that share `length_ns` up to `end_ns`.
KeptStretch make_stretch(ThreadId thread, uint64_t end_ns, uint64_t length_ns, uint64_t turns) {
  const uint64_t part_ns = std::min(length_ns / turns, end_ns);
  return {.thread = thread,
          .start_ns = end_ns - part_ns,
          .end_ns = end_ns,
          .weight = static_cast<uint32_t>(std::min<uint64_t>(turns, UINT32_MAX)),
          .sight = {}};
}

}  // namespace

void LookTracker::began(const Who& who, const Moment& moment) {
  if (const auto known = threads_.find(who.tid); known != threads_.end()) {
    if (known->second.who.thread == who.thread) return;
    ended(who.tid, moment.time_ns);
  }
  threads_[who.tid] = {.who = who, .last = moment, .held = {}};
}

bool LookTracker::stood_still(pid_t tid, const os::SchedStat& stat) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && found->second.last.stat == stat;
}

bool LookTracker::was_seen(pid_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && found->second.held.has_value();
}

void LookTracker::give_out(Thread& thread) {
  if (!thread.held) return;
  counts_.stretches += thread.held->weight;
  over_.push_back(std::move(*thread.held));
  thread.held.reset();
}

void LookTracker::rest_until(Thread& thread, uint64_t time_ns) {
  if (!thread.held || time_ns <= thread.last.time_ns) return;
  if (thread.held->weight > 1) {  // the last of them goes on: it is one
    KeptStretch going_on = *thread.held;
    give_out(thread);
    going_on.weight = 1;
    going_on.start_ns = thread.last.time_ns;
    thread.held = std::move(going_on);
  }
  thread.held->end_ns = time_ns;
  waits_.push_back({.thread = thread.who.thread, .waited_ns = time_ns - thread.last.time_ns});
  thread.last.time_ns = time_ns;
}

void LookTracker::rested(pid_t tid, uint64_t time_ns) {
  const auto found = threads_.find(tid);
  if (found != threads_.end() && !paused_) rest_until(found->second, time_ns);
}

void LookTracker::looked(pid_t tid, const Moment& moment, std::optional<Sight> sight) {
  const auto found = threads_.find(tid);
  if (found == threads_.end() || paused_) return;
  Thread& thread = found->second;
  const Moment before = std::exchange(thread.last, moment);
  const uint64_t ran_ns = less(moment.stat.run_ns, before.stat.run_ns);
  const uint64_t passed_ns = less(moment.time_ns, before.time_ns);
  const uint64_t owed_ns = ran_ns + thread.too_much_ns;
  const uint64_t away_ns = less(passed_ns, owed_ns);
  thread.too_much_ns = less(owed_ns, passed_ns);
  // Not blocked now nor then, and given no CPU in between: it waits for one, which the scheduler counts only
  // when it has it.
  const bool waits_for_cpu = !thread.held && !sight && moment.stat.slices == before.stat.slices;
  const uint64_t counted_ns = std::min(less(moment.stat.wait_ns, before.stat.wait_ns), away_ns);
  const uint64_t ready_ns = waits_for_cpu ? away_ns : counted_ns;
  const uint64_t off_ns = away_ns - ready_ns;
  const uint64_t turns = std::max<uint64_t>(less(moment.stat.slices, before.stat.slices), 1);
  if (away_ns != 0) {
    waits_.push_back({.thread = thread.who.thread, .waited_ns = away_ns, .runnable_ns = ready_ns});
  }
  if (ready_ns != 0) {
    KeptStretch ready = make_stretch(thread.who.thread, moment.time_ns, ready_ns, turns);
    ready.ready = true;
    counts_.stretches += ready.weight;
    over_.push_back(std::move(ready));
  }
  const bool both = thread.held && sight;
  if (thread.held) {
    thread.held->end_ns += (both ? off_ns / 2 : off_ns) / thread.held->weight;
    give_out(thread);
  } else if (!sight && off_ns != 0) {
    over_.push_back(make_stretch(thread.who.thread, moment.time_ns, off_ns, turns));
    counts_.stretches += turns;
  }
  if (!sight) return;
  thread.held = make_stretch(thread.who.thread, moment.time_ns, both ? off_ns / 2 : off_ns, turns);
  thread.held->sight = std::move(sight);
}

void LookTracker::ended(pid_t tid, uint64_t time_ns) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  give_out(found->second);  // it has run since it was last seen
  static_cast<void>(time_ns);
  threads_.erase(found);
}

void LookTracker::pause(uint64_t time_ns) {
  for (auto& [tid, thread] : threads_) {
    rest_until(thread, time_ns);
    give_out(thread);
  }
  paused_ = true;
}

void LookTracker::close(uint64_t time_ns) {
  for (auto& [tid, thread] : threads_) {
    rest_until(thread, time_ns);
    give_out(thread);
  }
}

void LookTracker::take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits) {
  for (KeptStretch& stretch : over_) {
    stretch.runnable_ns = stretch.ready ? stretch.length_ns() : 0;
    stretches.push_back(std::move(stretch));
  }
  over_.clear();
  waits.insert(waits.end(), waits_.begin(), waits_.end());
  waits_.clear();
}

}  // namespace strobe::record
