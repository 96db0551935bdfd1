#include "sampling/perf/wake_budget.h"

#include <algorithm>

#include "base/clock.h"

namespace strobe::sampling {

bool WakeBudget::observe(uint64_t now_ns, uint64_t wakes, uint64_t switches) {
  if (since_ns_ == 0 || now_ns < since_ns_) {
    since_ns_ = changed_ns_ = now_ns;
    wakes_ = wakes;
    switches_ = switches;
    return false;
  }
  const uint64_t elapsed_ns = now_ns - since_ns_;
  const uint64_t news = std::max(wakes - std::min(wakes, wakes_), switches - std::min(switches, switches_));
  // A sudden flood does not wait for the end of its interval.
  const bool flood = news > kMaxPerSecond * kIntervalNs / kNsPerSecond;
  if (elapsed_ns < kIntervalNs && !(on_ && flood)) return false;
  since_ns_ = now_ns;
  wakes_ = wakes;
  switches_ = switches;
  const double rate =
      static_cast<double>(news) * 1e9 / static_cast<double>(std::max<uint64_t>(elapsed_ns, 1));
  const uint64_t unchanged_ns = now_ns - changed_ns_;
  if (on_) {
    if (!flood) return false;
    pause_ns_ = unchanged_ns > pause_ns_ ? kFirstPauseNs : std::min(2 * pause_ns_, kLongestPauseNs);
  } else if (unchanged_ns < pause_ns_ || rate > 0.7 * kMaxPerSecond) {
    return false;
  }
  on_ = !on_;
  changed_ns_ = now_ns;
  return true;
}

}  // namespace strobe::sampling
