#include "sampling/perf/switch_events.h"

#include <utility>

#include "os/perf_event.h"

namespace strobe::sampling {

Result<void> SwitchEvents::open(pid_t tid, size_t ring) {
  const size_t levels = features_.kernel ? kSwitchShares.size() : 1;
  for (size_t level = 0; level < levels; ++level) {
    if (auto opened = open_level(tid, ring, level); !opened) return opened;
  }
  return {};
}

Result<void> SwitchEvents::open_level(pid_t tid, size_t ring, size_t level) {
  perf_event_attr attr = make_switch_attr(options_, features_, features_.kernel ? kSwitchShares[level] : 0);
  const bool on = level == rate_.level() && enabled_;
  attr.disabled = !on || features_.on_exec;
  attr.enable_on_exec = on && features_.on_exec && !options_.start_paused;
  auto event = os::open_perf_event(attr, tid, rings_->cpu(ring));
  if (!event) return pass(std::move(event));
  // Where it is refused, stacks of switches come without Python's frames.
  if (program_ != nullptr && features_.kernel) static_cast<void>(program_->attach(*event));
  auto redirected = os::redirect_perf_output(*event, rings_->owner(ring));
  if (!redirected) return redirected;
  auto id = os::read_perf_event_id(*event);
  if (!id) return pass(std::move(id));
  ids_.insert(*id);
  events_.push_back({.level = level, .fd = std::move(*event)});
  return {};
}

void SwitchEvents::adapt(uint64_t now_ns, uint64_t switches) {
  const size_t before = rate_.level();
  if (!features_.kernel || !rate_.observe(now_ns, switches) || !enabled_) return;
  // On before off: a switch that both report is told twice, which does no harm; one that neither reports
  // would.
  for (const Event& event : events_) {
    if (event.level == rate_.level()) os::enable_perf_event(event.fd);
  }
  for (const Event& event : events_) {
    if (event.level == before) os::disable_perf_event(event.fd);
  }
}

void SwitchEvents::disable_all() {
  enabled_ = false;
  for (const Event& event : events_) os::disable_perf_event(event.fd);
}

void SwitchEvents::enable_all() {
  enabled_ = true;
  for (const Event& event : events_) {
    if (event.level == rate_.level()) os::enable_perf_event(event.fd);
  }
}

}  // namespace strobe::sampling
