// What all selected processes occupied together as time goes on. Each process is looked at in its turn, so
// that a moment's sum has of each the newest figure, and none of those that have ended. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/recording.h"

namespace strobe::analyze {

/// By process of the profile.
using SelectedProcesses = std::vector<bool>;

struct ResidentPoint {
  uint64_t time_ns = 0;
  uint64_t rss_bytes = 0;
  uint64_t pss_bytes = 0;  ///< of those whose share could be read
};

struct ResidentSeries {
  std::vector<ResidentPoint> points;  ///< one for every moment with looks; in order of time
  bool has_pss = false;
  uint64_t rss_peak_bytes =
      0;  ///< together, or of one process by the kernel's own mark (VmHWM), if that is more
  uint64_t rss_peak_ns = 0;
  uint64_t pss_peak_bytes = 0;
  uint64_t pss_peak_ns = 0;
  double pss_mean_bytes = 0;  ///< over time
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;
};

/// Processes beyond `selected` are left out; empty: all are taken.
[[nodiscard]] ResidentSeries sum_resident(const Profile& profile, const SelectedProcesses& selected = {});

/// What a series is from a moment on, until the next one.
struct SeriesValue {
  uint64_t time_ns = 0;
  uint64_t bytes = 0;
};
/// The live heap of all selected processes (MemoryPointRow), likewise.
[[nodiscard]] std::vector<SeriesValue> sum_live(const Profile& profile,
                                                const SelectedProcesses& selected = {});

/// The most of each of `count` equal stretches from 0 to `end_ns`.
[[nodiscard]] std::vector<uint64_t> resample(const std::vector<SeriesValue>& values, uint64_t end_ns,
                                             size_t count);

}  // namespace strobe::analyze
