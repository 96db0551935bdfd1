#include "analyze/lock_waits.h"

#include <algorithm>
#include <tuple>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// Most seconds first; the rest of the order only makes it one.
std::vector<PlacedTime> list_places(
    const std::map<std::tuple<ThreadId, uint32_t, ThreadState>, double>& sums) {
  std::vector<PlacedTime> places;
  places.reserve(sums.size());
  for (const auto& [key, seconds] : sums) {
    places.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), seconds});
  }
  std::ranges::stable_sort(places, std::ranges::greater{}, &PlacedTime::seconds);
  return places;
}

ProcessId process_of(const Profile& profile, const StretchRow& stretch) {
  return profile.threads[stretch.thread.index()].process;
}

}  // namespace

void WaitingSum::add(const Profile& profile, const WeightedStacks& stacks, const SourcePaths& paths,
                     size_t stretch, ThreadId owner, const Visit& visit) {
  const StretchRow& row = profile.stretches[stretch];
  const double seconds = stacks.weights.stretches[stretch].waiting;
  const WaitSpan span = waiting_part(row);
  const double length = seconds_of(span.to - span.from);
  // What is seen during this wait stands for all waits that it stands for.
  const double weight = length > 0 ? seconds / length : 0;
  sums_.seconds += seconds;
  sums_.count += weight;
  ++sums_.kept;
  sums_.longest = std::max(sums_.longest, length);
  waiters_[{row.thread, paths.of(waiting_place(profile, row)), row.state}] += seconds;
  if (row.waker.index() < profile.threads.size())
    wakers_[{row.waker, SourcePaths::kEmpty, ThreadState::unknown}] += seconds;
  Owned& owned = owners_[owner];
  owned.waited += seconds;
  visit(span, [&](ThreadId thread, StackId stack, ThreadState state, double part) {
    owned.pieces[{thread, paths.of(stack), state}] += part * weight;
    owned.seen += part * weight;
  });
}

Waiting WaitingSum::take() const {
  Waiting waiting = sums_;
  waiting.waiters = list_places(waiters_);
  waiting.wakers = list_places(wakers_);
  // Only over all waits together are an owner's samples an estimate of what it did: a wait is mostly shorter
  // than the time between two of them. More than the waits is scaled down to them, less was not seen.
  std::map<Key, double> holders;
  for (const auto& [owner, owned] : owners_) {
    const double scale = owned.seen > owned.waited ? owned.waited / owned.seen : 1;
    for (const auto& [key, seconds] : owned.pieces) holders[key] += seconds * scale;
    const double rest = owned.waited - owned.seen * scale;
    if (rest > 0) holders[{owner, SourcePaths::kEmpty, ThreadState::unknown}] += rest;
    waiting.owner_seconds += owner.is_none() ? owned.seen * scale : owned.waited;
  }
  waiting.holders = list_places(holders);
  return waiting;
}

LockView make_lock_view(const Profile& profile, const WeightedStacks& stacks, const SourcePaths& paths) {
  // By process, kind, address and, where there is none, name.
  using Key = std::tuple<ProcessId, ThreadState, uint64_t, std::string>;
  struct Entry {
    WaitingSum sum;
    std::string name;
  };
  const ThreadTimeline timeline(profile, stacks);
  std::map<Key, Entry> entries;
  for (size_t i = 0; i < stacks.weights.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    if (stacks.weights.stretches[i].waiting <= 0) continue;
    if (stretch.state != ThreadState::lock && stretch.state != ThreadState::cond) continue;
    if (!stacks.shows(waiting_piece(profile, stretch))) continue;
    const std::string& name = profile.text(stretch.object);
    const uint64_t address = stretch.object_address;
    Entry& entry =
        entries[{process_of(profile, stretch), stretch.state, address, address == 0 ? name : std::string()}];
    if (entry.name.empty()) entry.name = name;
    const ThreadId owner = stretch.owner.index() < profile.threads.size() ? stretch.owner : ThreadId::none();
    entry.sum.add(profile, stacks, paths, i, owner, [&](const WaitSpan& span, const WaitingSum::Use& use) {
      timeline.visit(owner, span.from, span.to, [&](StackId stack, ThreadState state, double seconds) {
        use(owner, stack, state, seconds);
      });
    });
  }
  LockView view;
  for (const auto& [key, entry] : entries) {
    const auto& [process, kind, address, unused] = key;
    view.locks.push_back({process, kind, entry.name, address, entry.sum.take()});
    (kind == ThreadState::lock ? view.lock_seconds : view.cond_seconds) += view.locks.back().waiting.seconds;
  }
  std::ranges::stable_sort(view.locks, [](const ContendedLock& a, const ContendedLock& b) {
    if (a.kind != b.kind) return a.kind == ThreadState::lock;
    return a.waiting.seconds > b.waiting.seconds;
  });
  return view;
}

}  // namespace strobe::analyze
