// Which share of the switches is sampled, so that no more than 2,000 stacks a second are copied: one switch
// in 1, 7, 61 or 509. Primes, because threads wait for several things in turns: of two that alternate, one
// switch in 8 is always the same one. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace strobe::sampling {

inline constexpr std::array<uint64_t, 4> kSwitchShares = {1, 7, 61, 509};

class SwitchRate {
 public:
  static constexpr uint64_t kMaxStacksPerSecond = 2'000;
  static constexpr uint64_t kIntervalNs = 100'000'000;
  /// Copied before a rate is known at all.
  static constexpr uint64_t kBurst = kMaxStacksPerSecond * kIntervalNs / 1'000'000'000;

  /// `switches` of the target have happened in all. True where the level has changed.
  bool observe(uint64_t now_ns, uint64_t switches);
  [[nodiscard]] size_t level() const { return level_; }

 private:
  uint64_t since_ns_ = 0;  // of the interval that runs; 0: none
  uint64_t switches_ = 0;  // then
  size_t level_ = 0;
};

}  // namespace strobe::sampling
