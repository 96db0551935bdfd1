// Puts fresh rings in the place of others while the events go on: of those that the kernel stopped writing to
// (see ring_watch.h), and of all when every record is to wake the engine. One thread.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "model/quality.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/ring_watch.h"
#include "sampling/perf/target_events.h"

namespace strobe::sampling {

class RingKeeper {
 public:
  /// Borrowed for the life of this object.
  struct Sources {
    RingSet* rings = nullptr;
    const TargetEvents* events = nullptr;
  };
  /// `kernel`: kernel time is sampled. Where it is not, time without records can also have been the kernel's,
  /// and nothing is known of losses.
  RingKeeper(const Sources& sources, uint64_t period_ns, bool kernel)
      : sources_(sources), watch_(sources.rings->size(), period_ns), period_ns_(period_ns), kernel_(kernel) {}

  /// Replaces the rings that died, now and then when called often; how many samples were lost by them.
  Result<uint64_t> replace_dead(uint64_t now_ns);

  /// From now on the rings' descriptor is readable at every record. `drain` reads what is in the rings to its
  /// end. Once it went well, further calls do nothing. Fails where the user may not lock more memory: the old
  /// and the new ring of a CPU are there together for a moment, so that nothing is lost.
  Result<void> wake_at_every_record(const std::function<void()>& drain);

  /// Adds a warning where there were any.
  void describe(Quality& quality) const;

 private:
  Result<void> wake_at_every_record(size_t ring, const std::function<void()>& drain);

  Sources sources_;
  RingWatch watch_;
  uint64_t period_ns_;
  bool kernel_;
  uint64_t looked_ns_ = 0;
  uint64_t replaced_ = 0;
  bool refused_ = false;
};

}  // namespace strobe::sampling
