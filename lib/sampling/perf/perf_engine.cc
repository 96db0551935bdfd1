#include "sampling/perf/perf_engine.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "os/descriptor_limit.h"
#include "os/hints.h"
#include "os/perf_event.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/perf/attacher.h"
#include "sampling/perf/perf_engine_class.h"
#include "sampling/perf/wake_record.h"

namespace strobe::sampling {
namespace {

// A record is stamped before it is written, and readable only when it is complete: about 3 us with a 16 KiB
// stack, more when a virtual CPU is taken off meanwhile. What is younger than this is left for the next time.
constexpr uint64_t kPublishMarginNs = 2'000'000;
constexpr int kNice = -10;

}  // namespace

Result<void> PerfEngine::start(const EngineTarget& target, EventSink& sink) {
  os::raise_descriptor_limit();
  // Behind busy threads we would come too late to empty the rings. Refused to ordinary users.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  pids_ = target.pids;
  const std::vector<int> cpus = os::list_online_cpus();
  if (auto opened = open_rings(cpus); !opened) return opened;
  if (auto watched = rings_->watch(python_.wake_fd()); !watched) return watched;
  const TargetEvents::Outlets outlets{.rings = &*rings_,
                                      .program = python_.program(),
                                      .switch_rings = switch_rings_ ? &*switch_rings_ : nullptr};
  events_.emplace(options_, features_, cpus, outlets);
  if (switch_rings_) wakes_ = WakeEvents::open(*switch_rings_);
  ring_keeper_.emplace(RingKeeper::Sources{.rings = &*rings_, .events = &*events_}, options_.period_ns,
                       features_.kernel);
  cpu_.emplace(&*events_, &threads_);

  const uint64_t begin_ns = monotonic_now_ns();
  const bool per_cpu = options_.per_cpu == EngineOptions::PerCpu::always && features_.per_cpu;
  if (target.launched) {
    for (const pid_t pid : pids_) {
      if (auto opened = events_->open_thread(pid, !per_cpu, [](size_t) { return true; }); !opened)
        return opened;
      if (!events_->counts_originals()) cpu_->begin_uncounted(pid, pid);
      threads_.add(pid, pid, true);
      report_existing_thread(sink, pid, pid, begin_ns);
    }
  } else {
    const AttachPlan plan{.follow_children = options_.follow_children, .sample = !per_cpu, .layout = layout_};
    Attacher attacher(plan, &*rings_, &*events_, &threads_);
    if (auto opened = attacher.open_all(pids_); !opened) return opened;
    attacher.report(sink, begin_ns);
    // Born while its parent had the events of some CPUs only, a child may have ended on another CPU: there is
    // no record of its end, and the recording would wait for it.
    resync_wanted_ = true;
    resynced_ns_ = begin_ns;
  }
  if (per_cpu) {
    if (auto switched = switch_to_per_cpu(); !switched) return switched;
  }
  started_ = true;
  python_.read_at(*rings_);
  if (options_.start_paused) hold_back(sink);
  return {};
}

Result<void> PerfEngine::open_rings(const std::vector<int>& cpus) {
  if (!options_.wall) {
    auto rings = RingSet::open(cpus, python_.reads_running());
    if (!rings) return pass(std::move(rings));
    rings_.emplace(std::move(*rings));
    return {};
  }
  auto pair = RingSet::open_pair(cpus, python_.reads_running());
  if (!pair) return pass(std::move(pair));
  rings_.emplace(std::move(pair->first));
  switch_rings_.emplace(std::move(pair->second));
  return rings_->watch(switch_rings_->wake_fd());
}

Result<void> PerfEngine::switch_to_per_cpu() {
  auto since = events_->switch_to_per_cpu();
  if (!since) {
    per_cpu_refused_ = true;
    return pass(std::move(since));
  }
  per_cpu_since_ns_ = *since;
  return {};
}

Result<void> PerfEngine::poll(EventSink& sink, int timeout_ms) {
  rings_->wait(timeout_ms);
  // Refused: frames are read of samples that are seen in time by chance, and the others say so.
  if (python_.reads_running())
    static_cast<void>(ring_keeper_->wake_at_every_record([&] { drain(sink, kEverything); }));
  python_.read_at(*rings_);
  const uint64_t front_ns = monotonic_now_ns() - kPublishMarginNs;
  drain(sink, front_ns);
  if (python_.take_stranger()) haste_until_ns_ = front_ns + 3 * kPublishMarginNs;
  if (!per_cpu_since_ns_ && !per_cpu_refused_ && features_.per_cpu &&
      options_.per_cpu == EngineOptions::PerCpu::automatic && threads_.many_unsampled()) {
    // Refused (descriptors): sampling per thread goes on.
    static_cast<void>(switch_to_per_cpu());
  }
  const uint64_t now_ns = monotonic_now_ns();
  events_->adapt_switches(now_ns, switches_);
  if (wakes_) wakes_->adapt(now_ns, switches_);
  look_after_pauses(sink, now_ns);
  auto lost = ring_keeper_->replace_dead(now_ns);
  if (!lost) return pass(std::move(lost));
  if (*lost != 0) handle(LostRecord{.time_ns = last_time_ns_, .records = *lost}, sink);
  if (resync_wanted_ && now_ns - resynced_ns_ >= kResyncIntervalNs) {
    resync_wanted_ = false;
    resynced_ns_ = now_ns;
    read_procfs_again(sink);
  }
  return {};
}

Result<void> PerfEngine::report_cpu(EventSink& sink) {
  cpu_->report_live(moment(), sink);
  return {};
}

Result<void> PerfEngine::finish(EventSink& sink) {
  if (finished_ || !started_) return {};
  finished_ = true;
  switch_all(false);
  drain(sink, kEverything);
  if (resync_wanted_) read_procfs_again(sink);
  CpuReport::Moment end = moment();
  end.last = true;
  cpu_->report_live(end, sink);
  return {};
}

void PerfEngine::drain(EventSink& sink, uint64_t front_ns) {
  rings_->refresh();
  python_.fetch(sink);
  if (switch_rings_) switch_rings_->refresh();
  late_now_ = 0;
  while (deliver_next(sink, front_ns)) {
  }
  rings_->release_all();
  if (switch_rings_) switch_rings_->release_all();
  python_.delivered(last_time_ns_);
  if (late_now_ != 0) {
    counts_.late += late_now_;
    sink.on_lost({.time_ns = last_time_ns_, .samples = late_now_, .reason = LossReason::late});
  }
}

/// The older of the two next records, of all rings.
bool PerfEngine::deliver_next(EventSink& sink, uint64_t front_ns) {
  RingSet* rings = &*rings_;
  auto merged = rings->merger().next(front_ns);
  if (switch_rings_) {
    auto other = switch_rings_->merger().next(front_ns);
    if (other && (!merged || other->time_ns < merged->time_ns)) {
      merged = other;
      rings = &*switch_rings_;
    }
  }
  if (!merged) return false;
  if (!merged->late) last_time_ns_ = std::max(last_time_ns_, merged->time_ns);
  deliver(*merged, sink);
  rings->merger().pop(*merged);
  rings->release_some(merged->ring);
  return true;
}

void PerfEngine::deliver(const MergedRecord& merged, EventSink& sink) {
  if (wakes_ && deliver_wake(merged, sink)) return;
  auto record = decode_record(merged.bytes, layout_);
  if (!record) {  // the kernel wrote nonsense: as good as lost
    handle(LostRecord{.time_ns = merged.time_ns, .records = 1}, sink);
    return;
  }
  std::visit(
      [&](auto& found) {
        using Found = std::decay_t<decltype(found)>;
        if constexpr (std::is_same_v<Found, SampleRecord>) {
          handle(found, merged, sink);
        } else if constexpr (std::is_same_v<Found, ThrottleRecord>) {
          if (!wakes_ || !wakes_->owns(found.event_id)) ++counts_.throttled;
        } else if constexpr (!std::is_same_v<Found, OtherRecord>) {
          if (!merged.late) found.time_ns = merged.time_ns;
          handle(found, sink);
        }
      },
      *record);
}

/// False where the record is none of a wake-up.
bool PerfEngine::deliver_wake(const MergedRecord& merged, EventSink& sink) {
  if (!wakes_->owns(decode_sample_id(merged.bytes))) return false;
  auto wake = wakes_->decode(merged.bytes);
  if (!wake || merged.late || paused_ || threads_.find(wake->tid) == nullptr) return true;
  wake->time_ns = merged.time_ns;
  sink.on_wake(*wake);
  return true;
}

/// Of all events that can be stopped.
void PerfEngine::switch_all(bool on) {
  on ? events_->enable_all() : events_->disable_all();
  if (wakes_) on ? wakes_->enable_all() : wakes_->disable_all();
}

bool PerfEngine::wanted(const SampleRecord& record, const MergedRecord& merged) const {
  const KnownThread* thread = threads_.find(record.sample.tid);
  if (!events_->is_cpu_event(record.event_id, merged.ring)) {
    // After the change to events per CPU, threads that were already there still sample by the inherited ones.
    return covers(record.sample.pid) && (!per_cpu_since_ns_ || record.sample.time_ns < *per_cpu_since_ns_);
  }
  return thread != nullptr && !thread->waits_for_exec && record.sample.time_ns >= *per_cpu_since_ns_;
}

void PerfEngine::handle(SampleRecord& record, const MergedRecord& merged, EventSink& sink) {
  if (events_->is_switch_event(record.event_id)) {
    if (paused_ || merged.late || !covers(record.sample.pid)) return;
    record.sample.python = python_.find(record.sample);
    record.sample.time_ns = merged.time_ns;
    return sink.on_switch_sample(record.sample);
  }
  if (events_->is_fault_event(record.event_id)) {
    if (paused_ || merged.late || !covers(record.sample.pid)) return;
    record.sample.python = python_.find(record.sample);
    record.sample.time_ns = merged.time_ns;
    return sink.on_fault_sample(record.sample);
  }
  if (paused_ || !wanted(record, merged)) return;
  if (was_paused_ && threads_.find(record.sample.tid) == nullptr &&
      threads_.find(record.sample.pid) == nullptr) {
    // Born while the events were stopped, of somebody who ended before procfs was looked at.
    procfs_.report_process(record.sample.pid, merged.time_ns, sink);
  }
  ++counts_.taken;
  threads_.sampled(record.sample.pid, record.sample.tid);
  if (merged.late) {
    ++late_now_;
    return;
  }
  record.sample.python = python_.find(record.sample);  // by its own time
  record.sample.time_ns = merged.time_ns;
  sink.on_sample(record.sample);
}

void PerfEngine::handle(const ForkEvent& event, EventSink& sink) {
  if (!covers(event.pid)) return;
  if (procfs_.was_ahead_of(event.tid)) return;
  cpu_->began(event.tid);
  threads_.add(event.pid, event.tid);
  sink.on_fork(event);
}

void PerfEngine::handle(const ExitEvent& event, EventSink& sink) {
  if (!covers(event.pid)) return;
  cpu_->ended(event, sink);
  threads_.mark_exited(event.tid);
  procfs_.ended(event.tid);
  sink.on_exit(event);
}

void PerfEngine::handle(const CommEvent& event, EventSink& sink) {
  if (!covers(event.pid)) return;
  if (event.exec) threads_.exec(event.pid);
  sink.on_comm(event);
}

void PerfEngine::handle(const MapEvent& event, EventSink& sink) {
  if (covers(event.pid)) sink.on_map(event);
}

void PerfEngine::handle(const ReadRecord& record, EventSink& sink) {
  const bool wanted = covers(record.pid);
  if (wanted && record.count != 0) threads_.ended_with(record.tid, record.count);
  cpu_->read(record, wanted, sink);
}

void PerfEngine::handle(const LostRecord& record, EventSink& sink) {
  counts_.lost_kernel += record.records;
  resync_wanted_ = true;
  sink.on_lost({.time_ns = record.time_ns, .samples = record.records, .reason = LossReason::ring_full});
}

void PerfEngine::handle(const SwitchEvent& event, EventSink& sink) {
  if (event.out) ++switches_;
  if (!paused_ && covers(event.pid)) sink.on_switch(event);
}

void PerfEngine::read_procfs_again(EventSink& sink) {
  const ProcfsLook::Plan plan{
      .time_ns = last_time_ns_, .follow_children = options_.follow_children, .final = finished_ || paused_};
  for (const ProcfsLook::Ended& thread : procfs_.find_ended(plan)) {
    handle(ExitEvent{.time_ns = plan.time_ns, .pid = thread.pid, .tid = thread.tid}, sink);
  }
  procfs_.report_new(plan, sink);
  if (procfs_.found_absent()) resync_wanted_ = true;  // to look again
}

void PerfEngine::describe(Quality& quality) const {
  quality.engine = per_cpu_since_ns_ ? "perf per-cpu" : "perf";
  quality.engine_note = describe_rights(features_, os::read_perf_event_paranoid());
  quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(options_.period_ns);
  quality.kernel_sampled = features_.kernel;
  quality.samples.taken = counts_.taken;
  quality.samples.late = counts_.late;
  quality.samples.lost_kernel = counts_.lost_kernel + (rings_ ? rings_->merger().corruptions() : 0) +
                                (switch_rings_ ? switch_rings_->merger().corruptions() : 0);
  quality.samples.throttled = counts_.throttled;
  quality.overhead.ring_bytes =
      (rings_ ? rings_->total_bytes() : 0) + (switch_rings_ ? switch_rings_->total_bytes() : 0);
  if (ring_keeper_) ring_keeper_->describe(quality);
  python_.describe(quality);
  if (cpu_) cpu_->describe(quality);
}

Result<std::unique_ptr<Engine>> make_perf_engine(const EngineOptions& options, const EngineTarget& target) {
  if (target.pids.empty()) return fail(ErrorCode::invalid_argument, "no process to record");
  os::raise_descriptor_limit();
  auto features = probe_perf_features(options, target.pids.front());
  if (!features) {
    const Error& refusal = features.error();
    if (!target.launched && is_refusal(refusal) && probe_perf_features(options, 0)) {
      return tl::unexpected(os::make_access_error(refusal.sys_errno, target.pids.front(), "sample"));
    }
    return pass(std::move(features));
  }
  features->on_exec = target.launched;
  if (options.per_cpu == EngineOptions::PerCpu::always && !features->per_cpu) {
    return fail(ErrorCode::not_permitted, "sampling whole CPUs is not permitted",
                "run as root, with CAP_PERFMON, or with kernel.perf_event_paranoid at 0" + os::doctor_hint());
  }
  return std::unique_ptr<Engine>(std::make_unique<PerfEngine>(options, *features));
}

}  // namespace strobe::sampling
