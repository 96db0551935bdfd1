#include "sampling/perf/wake_events.h"

#include <utility>

#include "os/perf_event.h"
#include "os/tracepoint.h"
#include "sampling/perf/event_attributes.h"
#include "sampling/perf/wake_record.h"

namespace strobe::sampling {

std::optional<WakeEvents> WakeEvents::open(const RingSet& rings) {
  if (!os::sees_first_pids()) return std::nullopt;
  const auto tracepoint = os::read_tracepoint("sched/sched_waking");
  if (!tracepoint) return std::nullopt;
  WakeEvents wakes;
  wakes.pid_offset_ = tracepoint->pid_offset;
  const perf_event_attr attr = make_wake_attr(tracepoint->id);
  for (size_t i = 0; i < rings.size(); ++i) {
    auto event = os::open_perf_event(attr, -1, rings.cpu(i));
    if (!event || !os::redirect_perf_output(*event, rings.owner(i))) return std::nullopt;
    const auto id = os::read_perf_event_id(*event);
    if (!id) return std::nullopt;
    wakes.ids_.insert(*id);
    wakes.events_.push_back(std::move(*event));
  }
  return wakes;
}

Result<WakeEvent> WakeEvents::decode(Bytes record) {
  ++wakes_;
  return decode_wake(record, pid_offset_);
}

void WakeEvents::adapt(uint64_t now_ns, uint64_t switches) {
  if (budget_.observe(now_ns, wakes_, switches)) switch_events();
}

void WakeEvents::switch_events() {
  for (const UniqueFd& event : events_) {
    enabled_&& budget_.on() ? os::enable_perf_event(event) : os::disable_perf_event(event);
  }
}

void WakeEvents::disable_all() {
  enabled_ = false;
  switch_events();
}

void WakeEvents::enable_all() {
  enabled_ = true;
  switch_events();
}

}  // namespace strobe::sampling
