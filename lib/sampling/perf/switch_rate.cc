#include "sampling/perf/switch_rate.h"

#include <algorithm>

namespace strobe::sampling {

bool SwitchRate::observe(uint64_t now_ns, uint64_t switches) {
  if (since_ns_ == 0 || now_ns < since_ns_) {
    since_ns_ = now_ns;
    switches_ = switches;
    return false;
  }
  const uint64_t elapsed_ns = now_ns - since_ns_;
  const uint64_t news = switches - std::min(switches, switches_);
  // A sudden flood does not wait for the end of its interval: at 100,000 switches a second that would be some
  // 100 MB of stacks.
  const bool flood = news > kBurst * kSwitchShares[level_];
  if (!flood && elapsed_ns < kIntervalNs) return false;
  since_ns_ = now_ns;
  switches_ = switches;
  const double rate =
      static_cast<double>(news) * 1e9 / static_cast<double>(std::max<uint64_t>(elapsed_ns, 1));
  const auto fits = [&](size_t level, double most) {
    return rate <= most * static_cast<double>(kSwitchShares[level]);
  };
  const size_t before = level_;
  while (level_ + 1 < kSwitchShares.size() && !fits(level_, kMaxStacksPerSecond)) ++level_;
  // Down one step at a time, and only well below the bound, so that a steady rate does not swing.
  if (level_ == before && level_ > 0 && fits(level_ - 1, kMaxStacksPerSecond * 0.7)) --level_;
  return level_ != before;
}

}  // namespace strobe::sampling
