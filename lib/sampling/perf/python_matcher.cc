#include "sampling/perf/python_matcher.h"

#include <algorithm>
#include <utility>

namespace strobe::sampling {
namespace {

constexpr int kSure = 16;  // so many more matches of one order than of the other
constexpr int kMostBalance = 64;
constexpr size_t kMostWaiting = 16384;  // of one thread: samples have stopped coming
constexpr size_t kMostUnused = 4096;

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

PythonCapture& PythonMatcher::add(pid_t tid, uint64_t time_ns) {
  Entries& entries = waiting_[tid];
  if (entries.size() >= kMostWaiting) drop_front(entries);
  Entry entry{.time_ns = time_ns};
  if (unused_.empty()) {
    entry.capture = std::make_unique<PythonCapture>();
  } else {
    entry.capture = std::move(unused_.back());
    unused_.pop_back();
  }
  entries.push_back(std::move(entry));
  return *entries.back().capture;
}

/// The nearest one, of the side that is known to be right.
PythonMatcher::Entries::iterator PythonMatcher::find(Entries& entries, uint64_t time_ns) const {
  const auto later = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.time_ns >= time_ns; });
  auto best = entries.end();
  if (later != entries.end() && (balance_ > -kSure || later->time_ns == time_ns)) best = later;
  if (later != entries.begin() && balance_ < kSure) {
    const auto earlier = std::prev(later);
    const bool nearer = best == entries.end() || time_ns - earlier->time_ns < best->time_ns - time_ns;
    if (nearer) best = earlier;
  }
  if (best != entries.end() && distance(best->time_ns, time_ns) > limit_ns_) return entries.end();
  return best;
}

void PythonMatcher::learn(uint64_t record_ns, uint64_t sample_ns) {
  if (record_ns > sample_ns) balance_ = std::min(balance_ + 1, kMostBalance);
  if (record_ns < sample_ns) balance_ = std::max(balance_ - 1, -kMostBalance);
}

const PythonCapture* PythonMatcher::take(pid_t tid, uint64_t time_ns) {
  const auto thread = waiting_.find(tid);
  if (thread == waiting_.end()) return nullptr;
  Entries& entries = thread->second;
  const auto found = find(entries, time_ns);
  if (found == entries.end()) return nullptr;
  learn(found->time_ns, time_ns);
  // What is older belongs to samples that were lost.
  for (auto before = found - entries.begin(); before > 0; --before) drop_front(entries);
  if (taken_ && unused_.size() < kMostUnused) unused_.push_back(std::move(taken_));
  taken_ = std::move(entries.front().capture);
  entries.pop_front();
  return taken_.get();
}

void PythonMatcher::forget_before(uint64_t time_ns) {
  for (auto thread = waiting_.begin(); thread != waiting_.end();) {
    Entries& entries = thread->second;
    while (!entries.empty() && entries.front().time_ns + limit_ns_ < time_ns) drop_front(entries);
    thread = entries.empty() ? waiting_.erase(thread) : std::next(thread);
  }
}

void PythonMatcher::drop_front(Entries& entries) {
  ++unmatched_;
  if (unused_.size() < kMostUnused) unused_.push_back(std::move(entries.front().capture));
  entries.pop_front();
}

}  // namespace strobe::sampling
