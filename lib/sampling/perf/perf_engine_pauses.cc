// Pauses of the perf engine: its events are stopped and go on.
#include <algorithm>

#include "sampling/perf/perf_engine_class.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kSwitchAgainNs = 20'000'000;

}  // namespace

/// For a start in a paused state. Targets that already run had to be opened as if to be recorded, because
/// births among them show only by records; what was sampled and counted by that is thrown away.
void PerfEngine::hold_back(EventSink& sink) {
  switch_all(false);
  paused_ = was_paused_ = true;
  drain(sink, kEverything);
  CpuReport::Moment start = moment();
  start.reported = false;
  cpu_->report_live(start, sink);
  cpu_->pause();
  procfs_.note_programs();
}

Result<void> PerfEngine::pause(EventSink& sink) {
  switch_all(false);
  drain(sink, kEverything);
  cpu_->pause();
  procfs_.note_programs();
  paused_ = was_paused_ = true;
  repeat_switch_ns_ = monotonic_now_ns() + kSwitchAgainNs;
  return {};
}

Result<void> PerfEngine::resume(EventSink& sink) {
  drain(sink, kEverything);
  read_procfs_again(sink);  // while no record can come, so that who is absent has ended
  switch_all(true);
  paused_ = false;
  last_time_ns_ = std::max(last_time_ns_, monotonic_now_ns());
  read_procfs_again(sink);  // for what happened just before the events began
  cpu_->resume();
  procfs_.forget_programs();
  repeat_switch_ns_ = monotonic_now_ns() + kSwitchAgainNs;
  return {};
}

void PerfEngine::look_after_pauses(EventSink& sink, uint64_t now_ns) {
  // A thread born in the middle of the switch may have copied the state from before (inherit_event in
  // kernel/events/core.c reads it before it takes the lock); switching twice changes nothing else.
  if (repeat_switch_ns_ != 0 && now_ns >= repeat_switch_ns_) {
    repeat_switch_ns_ = 0;
    switch_all(!paused_);
  }
  // Stopped events write no records: births and ends have to be looked for.
  if (paused_ && now_ns - resynced_ns_ >= kResyncIntervalNs) {
    resynced_ns_ = now_ns;
    last_time_ns_ = std::max(last_time_ns_, now_ns);
    read_procfs_again(sink);
  }
}

}  // namespace strobe::sampling
