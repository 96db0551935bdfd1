// Strobe's one clock: CLOCK_MONOTONIC in nanoseconds, the clock perf events are told to use as well.
#pragma once

#include <ctime>

#include <cstdint>

namespace strobe {

inline constexpr uint64_t kNsPerSecond = 1'000'000'000;

[[nodiscard]] inline uint64_t monotonic_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<uint64_t>(now.tv_nsec);
}

[[nodiscard]] constexpr double seconds_of(uint64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace strobe
