// The events that report who wakes whom, on every CPU, where tracepoints may be read (root): from them comes
// when a thread that waited became ready to run. Of other programs' threads nothing is kept. They write into
// the rings of the switches. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/events.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/wake_budget.h"

namespace strobe::sampling {

class WakeEvents {
 public:
  /// None where tracepoints may not be read, or name threads otherwise than we see them (in a container).
  static std::optional<WakeEvents> open(const RingSet& rings);

  [[nodiscard]] bool owns(uint64_t event_id) const { return ids_.contains(event_id); }
  /// One of theirs.
  Result<WakeEvent> decode(Bytes record);
  /// So many switches of the target happened up to now: whether wake-ups are recorded is adapted.
  void adapt(uint64_t now_ns, uint64_t switches);

  void disable_all();
  void enable_all();

 private:
  WakeEvents() = default;
  void switch_events();

  std::vector<UniqueFd> events_;
  std::unordered_set<uint64_t> ids_;
  size_t pid_offset_ = 0;
  uint64_t wakes_ = 0;
  WakeBudget budget_;
  bool enabled_ = true;
};

}  // namespace strobe::sampling
