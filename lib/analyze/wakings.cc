#include "analyze/wakings.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "base/clock.h"

namespace strobe::analyze {

double count_of(const StretchRow& stretch, const StretchSeconds& seconds) {
  const double length = stretch.end_ns > stretch.start_ns ? seconds_of(stretch.end_ns - stretch.start_ns) : 0;
  return length > 0 ? seconds.sum() / length : 0;
}

std::vector<Waking> list_wakings(const Profile& profile, const StretchWeights& weights) {
  std::map<std::tuple<ThreadId, ThreadId, ThreadState>, Waking> sums;
  for (size_t i = 0; i < weights.stretches.size(); ++i) {
    const StretchRow& row = profile.stretches[i];
    const StretchSeconds& seconds = weights.stretches[i];
    if (seconds.sum() <= 0 || row.waker.index() >= profile.threads.size()) continue;
    Waking& sum = sums[{row.waker, row.thread, row.state}];
    sum.waker = row.waker;
    sum.woken = row.thread;
    sum.state = row.state;
    sum.seconds += seconds.waiting;
    sum.count += count_of(row, seconds);
  }
  std::vector<Waking> wakings;
  for (const auto& [key, sum] : sums) wakings.push_back(sum);
  std::ranges::stable_sort(wakings, std::ranges::greater{}, &Waking::seconds);
  return wakings;
}

}  // namespace strobe::analyze
