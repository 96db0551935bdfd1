#include "record/stretch_tracker.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace strobe::record {
namespace {

constexpr uint8_t kReadyKind = 255;
constexpr uint64_t kShortNs = 1'000'000;  // nobody waits for these to be looked at
constexpr uint64_t kWayOutNs = 100'000;
constexpr uint64_t kUnitNs = 1'000;
constexpr size_t kMaxUnseen = 1'000'000;
constexpr size_t kMaxWaiting = 1'000'000;

uint32_t to_weight(double weight) {
  return static_cast<uint32_t>(std::clamp(std::round(weight), 1.0, 4294967295.0));
}

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

void StretchTracker::began(const Who& who, uint64_t time_ns, Place place) {
  if (const auto known = threads_.find(who.tid); known != threads_.end()) {
    if (known->second.who.thread == who.thread) return;
    ended(who.tid, time_ns);
  }
  Thread& thread = threads_[who.tid];
  thread.who = who;
  thread.place = place;
  thread.since_ns = thread.counted_ns = time_ns;
  thread.gap = gaps_;
  thread.waits.thread = who.thread;
  if (place == Place::waits || place == Place::unknown) unseen_.push_back({time_ns, who.tid});
}

void StretchTracker::ended(pid_t tid, uint64_t time_ns) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  Thread& thread = found->second;
  finish(thread, time_ns, true);
  give_out_all(thread);
  // Since the scheduler was last asked: as before then.
  thread.waits.runnable_ns +=
      thread.ready_ns + std::min(thread.woken * thread.wake_delay_ns, thread.woken_ns);
  ended_.push_back(thread.waits);
  ended_delays_[thread.who.thread.value] = thread.wake_delay_ns;
  threads_.erase(found);
}

bool StretchTracker::is_off(const Thread& thread) const {
  if (thread.place == Place::waits || thread.place == Place::ready) return true;
  // Found asleep, and no switch since tells anything else.
  return thread.place == Place::unknown && thread.sight && thread.sight_ns >= thread.since_ns;
}

/// What happened to the thread while records were lost is not known; where it is, its next switch tells.
void StretchTracker::cross_gap(Thread& thread) {
  if (thread.gap == gaps_) return;
  thread.gap = gaps_;
  if (gap_ns_ <= thread.since_ns) return;
  if (is_off(thread)) {
    const bool seen = thread.sight && (thread.bound || thread.sight_ns <= gap_ns_);
    if (!seen) ++counts_.lost;
    finish(thread, gap_ns_, false);
  }
  thread.place = Place::unknown;
  thread.since_ns = thread.counted_ns = gap_ns_;
}

void StretchTracker::switched(const SwitchEvent& event) {
  const auto found = threads_.find(event.tid);
  if (found == threads_.end() || paused_) return;
  Thread& thread = found->second;
  cross_gap(thread);
  const uint64_t time_ns = std::max(event.time_ns, thread.since_ns);
  if (event.out) {
    // Told twice while one kind of event takes over from another.
    if (thread.place == Place::waits || thread.place == Place::ready) return;
    ++(event.forced ? thread.waits.forced : thread.waits.voluntary);
    leave(thread, time_ns, event.forced);
    return;
  }
  if (thread.place == Place::unknown) thread.place = Place::waits;  // all the time since then
  finish(thread, time_ns, true);
  thread.place = Place::on_cpu;
  thread.since_ns = time_ns;
}

void StretchTracker::leave(Thread& thread, uint64_t time_ns, bool ready) {
  thread.place = ready ? Place::ready : Place::waits;
  thread.since_ns = thread.counted_ns = time_ns;
  thread.seen = thread.bound || (thread.sight && thread.sight_ns >= time_ns);
  mark_changed(thread);
  if (!thread.delayed) delayed_.push_back(thread.who.tid);
  thread.delayed = true;
  if (ready) return;
  const bool ownerless = thread.bound && thread.sight->wants_owner;
  if (ownerless && ownerless_.size() < kMaxUnseen) ownerless_.push_back({time_ns, thread.who.tid});
  if (!thread.seen && unseen_.size() < kMaxUnseen) unseen_.push_back({time_ns, thread.who.tid});
}

void StretchTracker::woke(pid_t tid, uint64_t time_ns, ThreadId waker) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  found->second.woken_at_ns = time_ns;
  found->second.waker = waker;
}

void StretchTracker::sampled(pid_t tid, Sight sight) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  found->second.sight = std::move(sight);
  found->second.bound = true;
}

void StretchTracker::looked_at(pid_t tid, uint64_t time_ns, Sight sight) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  Thread& thread = found->second;
  if (thread.bound) {
    thread.owner = sight.owner;
    thread.owner_ns = time_ns;
    return;
  }
  thread.sight = std::move(sight);
  thread.sight_ns = time_ns;
  thread.seen = true;
}

void StretchTracker::not_seen(pid_t tid) {
  if (const auto found = threads_.find(tid); found != threads_.end()) found->second.seen = true;
}

void StretchTracker::lost(uint64_t time_ns) {
  ++gaps_;
  gap_ns_ = std::max(gap_ns_, time_ns);
}

void StretchTracker::pause(uint64_t time_ns) {
  for (auto& [tid, thread] : threads_) {
    cross_gap(thread);
    finish(thread, time_ns, true);
    thread.place = Place::unknown;
    thread.since_ns = thread.counted_ns = UINT64_MAX;
  }
  unseen_.clear();
  ownerless_.clear();
  paused_ = true;
}

void StretchTracker::resume(uint64_t time_ns) {
  paused_ = false;
  for (auto& [tid, thread] : threads_) {
    thread.since_ns = thread.counted_ns = time_ns;
    thread.seen = false;
    thread.run_delay_ns.reset();
    unseen_.push_back({time_ns, tid});
  }
}

/// `whole`: the thread was off the CPU up to now, as far as is known.
void StretchTracker::finish(Thread& thread, uint64_t time_ns, bool whole) {
  if (!is_off(thread) || time_ns < thread.since_ns) return;
  count_up_to(thread, time_ns);
  const bool ready = thread.place == Place::ready;
  KeptStretch stretch{.thread = thread.who.thread,
                      .start_ns = thread.since_ns,
                      .end_ns = time_ns,
                      .ready = ready,
                      .sight = {}};
  const bool looked = thread.sight_ns >= stretch.start_ns && thread.sight_ns <= time_ns;
  // Where stacks of switches are sampled, a look that met a short one by chance is none of that sample.
  const bool counts = seeing_ == Seeing::looked_at || stretch.length_ns() >= kAlwaysNs;
  if (thread.sight && (thread.bound || (looked && counts))) stretch.sight = std::move(thread.sight);
  const bool owner_fits = thread.owner_ns >= stretch.start_ns && thread.owner_ns <= time_ns;
  if (stretch.sight && stretch.sight->wants_owner && owner_fits) stretch.sight->owner = thread.owner;
  // A look at a moment behind this one is of a later stretch.
  if (thread.bound || thread.sight_ns <= time_ns) thread.sight.reset();
  thread.bound = false;
  if (!ready) take_wake(thread, stretch);
  if (stretch.woken) {
    thread.ready_ns += stretch.runnable_ns;
  } else if (!ready && whole) {
    ++thread.woken;
    thread.woken_ns += stretch.length_ns();
  }
  ++counts_.stretches;
  keep(thread, std::move(stretch));
}

/// The last wake-up ended the waiting: a thread that is woken while it still runs goes on, or waits again.
/// Only where it was on its way out is that the stretch's own, which is short then.
void StretchTracker::take_wake(Thread& thread, KeptStretch& stretch) {
  const uint64_t woken_ns = std::exchange(thread.woken_at_ns, 0);
  const ThreadId waker = std::exchange(thread.waker, ThreadId::none());
  const bool on_its_way_out = woken_ns + kWayOutNs >= stretch.start_ns && stretch.length_ns() < kShortNs;
  if (woken_ns == 0 || woken_ns > stretch.end_ns) return;
  if (woken_ns < stretch.start_ns && !on_its_way_out) return;
  stretch.woken = true;
  stretch.waker = waker;
  stretch.runnable_ns = stretch.end_ns - std::max(woken_ns, stretch.start_ns);
}

void StretchTracker::count_up_to(Thread& thread, uint64_t time_ns) {
  if (time_ns <= thread.counted_ns) return;
  const uint64_t news_ns = time_ns - thread.counted_ns;
  thread.waits.waited_ns += news_ns;
  if (thread.place == Place::ready) thread.ready_ns += news_ns;
  thread.counted_ns = time_ns;
  mark_changed(thread);
}

void StretchTracker::mark_changed(Thread& thread) {
  if (!thread.changed) changed_.push_back(thread.who.tid);
  thread.changed = true;
}

void StretchTracker::keep(Thread& thread, KeptStretch stretch) {
  if (stretch.length_ns() < kAlwaysNs) return keep_short(thread, std::move(stretch));
  if (!stretch.sight && !stretch.ready) ++counts_.lost;
  push(std::move(stretch));
}

/// Rows wait here while a slow disk holds up the recording: bounded, as all such queues are.
void StretchTracker::push(KeptStretch stretch) {
  if (over_.size() < kMaxWaiting) {
    over_.push_back(std::move(stretch));
  } else {
    ++counts_.lost;
  }
}

/// Stretches of about the same length (within 41 %) are a kind. Where threads are looked at, being seen
/// depends on the length, and those below kShortNs are met by chance alone. Where stacks are sampled it does
/// not; but lengths are known of all of them, and mostly go with what is waited for: of a thread that waits 3
/// ms for a lock and 0.2 ms for a time in turns, how often each was sampled is chance, how long both took is
/// not.
uint8_t StretchTracker::kind_of(const KeptStretch& stretch) const {
  if (stretch.ready) return kReadyKind;
  const uint64_t unit_ns = seeing_ == Seeing::sampled ? kUnitNs : kShortNs;
  if (stretch.length_ns() < unit_ns) return 0;
  const double ratio = static_cast<double>(stretch.length_ns()) / static_cast<double>(unit_ns);
  return static_cast<uint8_t>(1 + static_cast<int>(2 * std::log2(ratio)));
}

void StretchTracker::keep_short(Thread& thread, KeptStretch stretch) {
  const uint8_t number = kind_of(stretch);
  auto kind = std::ranges::find(thread.kinds, number, &Kind::number);
  if (kind == thread.kinds.end()) kind = thread.kinds.insert(kind, Kind{.number = number});
  const bool seen = stretch.sight.has_value();
  if (seen && kind->held) give_out(thread, *kind);
  ++kind->count;
  kind->time_ns += stretch.length_ns();
  if (seen) {
    kind->held = std::move(stretch);
  } else if (!kind->held) {
    const uint64_t mean_ns = kind->time_ns / kind->count;
    if (kind->count == 1 ||
        distance(stretch.length_ns(), mean_ns) < distance(kind->typical.length_ns(), mean_ns)) {
      kind->typical = std::move(stretch);
    }
  }
}

void StretchTracker::give_out(const Thread& thread, Kind& kind) {
  if (kind.count == 0) return;
  KeptStretch stretch = kind.held ? std::move(*kind.held) : kind.typical;
  stretch.thread = thread.who.thread;
  double weight = static_cast<double>(kind.count);
  // Each stands for so much time: of the shortest that are met by chance, in proportion to their length, and
  // where the time of every kind is known. One that stands for others is never taken for one that does not.
  const bool by_time = seeing_ == Seeing::sampled ? kind.number != kReadyKind : kind.number == 0;
  if (by_time && kind.count > 1 && stretch.length_ns() != 0) {
    weight = std::max(2.0, static_cast<double>(kind.time_ns) / static_cast<double>(stretch.length_ns()));
  }
  stretch.weight = to_weight(weight);
  push(std::move(stretch));
  kind.held.reset();
  kind.count = kind.time_ns = 0;
}

/// Kinds of which none was sampled go with the nearest one in length that was.
void StretchTracker::merge_unseen(Thread& thread) const {
  if (seeing_ != Seeing::sampled) return;
  for (Kind& kind : thread.kinds) {
    if (kind.count == 0 || kind.held || kind.number == kReadyKind) continue;
    Kind* nearest = nullptr;
    for (Kind& other : thread.kinds) {
      if (!other.held || other.number == kReadyKind) continue;
      const bool nearer =
          nearest == nullptr || distance(other.number, kind.number) < distance(nearest->number, kind.number);
      if (nearer) nearest = &other;
    }
    if (nearest == nullptr) return;
    nearest->count += std::exchange(kind.count, 0);
    nearest->time_ns += std::exchange(kind.time_ns, 0);
  }
}

void StretchTracker::give_out_all(Thread& thread) {
  merge_unseen(thread);
  for (Kind& kind : thread.kinds) give_out(thread, kind);
}

void StretchTracker::observe_run_delay(pid_t tid, uint64_t total_ns) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  Thread& thread = found->second;
  if (thread.run_delay_ns) {
    const uint64_t news_ns = total_ns - std::min(total_ns, *thread.run_delay_ns);
    const uint64_t woken_ns = std::min(news_ns - std::min(news_ns, thread.ready_ns), thread.woken_ns);
    if (thread.woken != 0) thread.wake_delay_ns = woken_ns / thread.woken;
    thread.waits.runnable_ns += thread.ready_ns + woken_ns;
    mark_changed(thread);
  } else {
    thread.waits.runnable_ns += thread.ready_ns;
  }
  thread.run_delay_ns = total_ns;
  thread.ready_ns = thread.woken = thread.woken_ns = 0;
}

void StretchTracker::take_from(std::deque<Unseen>& queue, uint64_t before_ns, size_t most,
                               std::vector<Who>& out) {
  while (!queue.empty() && queue.front().since_ns < before_ns && out.size() < most) {
    const Unseen unseen = queue.front();
    queue.pop_front();
    const auto found = threads_.find(unseen.tid);
    if (found == threads_.end()) continue;
    const Thread& thread = found->second;
    const bool goes_on = thread.since_ns == unseen.since_ns &&
                         (thread.place == Place::waits || thread.place == Place::unknown);
    if (goes_on && (&queue == &ownerless_ || !thread.seen)) out.push_back(thread.who);
  }
}

void StretchTracker::take_unseen(uint64_t before_ns, uint64_t ownerless_ns, size_t most,
                                 std::vector<Who>& out) {
  out.clear();
  take_from(ownerless_, ownerless_ns, most, out);
  take_from(unseen_, before_ns, most, out);
}

std::optional<StretchTracker::Who> StretchTracker::pick_recent(uint64_t random) const {
  if (unseen_.empty()) return std::nullopt;
  const auto found = threads_.find(unseen_[random % unseen_.size()].tid);
  return found == threads_.end() ? std::nullopt : std::optional(found->second.who);
}

std::vector<StretchTracker::Who> StretchTracker::take_delayed(size_t most) {
  std::vector<Who> threads;
  size_t taken = 0;
  for (; taken < delayed_.size() && threads.size() < most; ++taken) {
    const auto found = threads_.find(delayed_[taken]);
    if (found == threads_.end()) continue;
    found->second.delayed = false;
    threads.push_back(found->second.who);
  }
  delayed_.erase(delayed_.begin(), delayed_.begin() + static_cast<ptrdiff_t>(taken));
  return threads;
}

void StretchTracker::settle(uint64_t time_ns) {
  for (auto& [tid, thread] : threads_) {
    if (is_off(thread)) count_up_to(thread, time_ns);
    give_out_all(thread);
  }
}

void StretchTracker::close(uint64_t time_ns) {
  for (auto& [tid, thread] : threads_) {
    cross_gap(thread);
    finish(thread, time_ns, false);
    thread.place = Place::unknown;
    thread.since_ns = thread.counted_ns = UINT64_MAX;
  }
  settle(time_ns);
}

void StretchTracker::take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits) {
  std::unordered_map<uint32_t, uint64_t> delays = std::exchange(ended_delays_, {});
  for (const pid_t tid : changed_) {
    const auto found = threads_.find(tid);
    if (found == threads_.end()) continue;
    Thread& thread = found->second;
    thread.changed = false;
    waits.push_back(std::exchange(thread.waits, {.thread = thread.who.thread}));
    delays[thread.who.thread.value] = thread.wake_delay_ns;
  }
  changed_.clear();
  waits.insert(waits.end(), ended_.begin(), ended_.end());
  ended_.clear();
  for (KeptStretch& stretch : over_) {
    const auto delay = delays.find(stretch.thread.value);
    if (stretch.ready) {
      stretch.runnable_ns = stretch.length_ns();
    } else if (!stretch.woken && delay != delays.end()) {
      stretch.runnable_ns = std::min(delay->second, stretch.length_ns());
    }
    stretches.push_back(std::move(stretch));
  }
  over_.clear();
}

}  // namespace strobe::record
