#include "sampling/perf/perf_engine.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/clock.h"
#include "os/descriptor_limit.h"
#include "os/hints.h"
#include "os/perf_event.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/perf/attacher.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/ring_watch.h"
#include "sampling/perf/target_events.h"
#include "sampling/perf/thread_table.h"

namespace strobe::sampling {
namespace {

// A record is stamped before it is written, and readable only when it is complete: about 3 us with a 16 KiB
// stack, more when a virtual CPU is taken off meanwhile. What is younger than this is left for the next time.
constexpr uint64_t kPublishMarginNs = 2'000'000;
constexpr uint64_t kResyncIntervalNs = 200'000'000;
constexpr uint64_t kRingLookIntervalNs = 50'000'000;
constexpr uint64_t kRingLookPerThreadNs = 1'000'000;  // counts of all threads are read
constexpr uint64_t kEverything = UINT64_MAX;
constexpr int kNice = -10;

class PerfEngine final : public Engine {
 public:
  PerfEngine(const EngineOptions& options, const PerfFeatures& features)
      : options_(options),
        features_(features),
        layout_(record_layout(options, features)),
        threads_(options.period_ns) {}

  Result<void> start(const EngineTarget& target, EventSink& sink) override;
  Result<void> poll(EventSink& sink, int timeout_ms) override;
  Result<void> finish(EventSink& sink) override;
  [[nodiscard]] int wake_fd() const override { return rings_ ? rings_->wake_fd() : -1; }
  [[nodiscard]] bool targets_gone() const override { return started_ && threads_.empty(); }
  void describe(Quality& quality) const override;
  [[nodiscard]] bool pooled_sampling() const override { return per_cpu_since_ns_.has_value(); }

 private:
  void drain(EventSink& sink, uint64_t front_ns);
  void deliver(const MergedRecord& merged, EventSink& sink);
  void handle(SampleRecord& record, const MergedRecord& merged, EventSink& sink);
  void handle(const ForkEvent& event, EventSink& sink);
  void handle(const ExitEvent& event, EventSink& sink);
  void handle(const CommEvent& event, EventSink& sink);
  void handle(const MapEvent& event, EventSink& sink);
  void handle(const ReadRecord& record, EventSink& sink);
  void handle(const LostRecord& record, EventSink& sink);

  [[nodiscard]] bool wanted(const SampleRecord& record, const MergedRecord& merged) const;
  /// Whether a process belongs to the recording as far as children are concerned.
  [[nodiscard]] bool covers(pid_t pid) const {
    return options_.follow_children || std::find(pids_.begin(), pids_.end(), pid) != pids_.end();
  }
  Result<void> switch_to_per_cpu();
  Result<void> replace_dead_rings(EventSink& sink);
  void read_procfs_again(EventSink& sink, uint64_t time_ns);
  void report_thread_cpu(EventSink& sink, pid_t pid, pid_t tid, uint64_t cpu_ns);
  void report_live_threads(EventSink& sink);

  EngineOptions options_;
  PerfFeatures features_;
  RecordLayout layout_;
  std::vector<pid_t> pids_;
  std::optional<RingSet> rings_;  // before the events, which are redirected into them
  std::optional<TargetEvents> events_;
  std::optional<RingWatch> ring_watch_;
  uint64_t rings_looked_ns_ = 0;
  uint64_t rings_replaced_ = 0;
  ThreadTable threads_;
  bool started_ = false;
  bool finished_ = false;
  bool per_cpu_refused_ = false;
  std::optional<uint64_t> per_cpu_since_ns_;
  bool resync_wanted_ = false;
  std::unordered_set<pid_t> absent_;  // from procfs, when it was last read again
  std::unordered_set<pid_t> found_;   // in procfs, before a record of their birth came
  uint64_t resynced_ns_ = 0;
  uint64_t last_time_ns_ = 0;
  uint64_t inherited_cpu_ns_ = 0;  // of threads that ended, as their READ records said
  uint64_t original_cpu_ns_ = 0;   // of original threads that ended
  uint64_t unread_ns_ = 0;         // of threads that ended without a READ record, by the events' sum
  uint64_t unread_threads_ = 0;
  uint64_t late_now_ = 0;  // in this drain
  SampleCounts counts_;
};

Result<void> PerfEngine::start(const EngineTarget& target, EventSink& sink) {
  os::raise_descriptor_limit();
  // Behind busy target threads we would come too late to empty the rings. Refused to ordinary users.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  pids_ = target.pids;
  const std::vector<int> cpus = os::list_online_cpus();
  auto rings = RingSet::open(cpus);
  if (!rings) return pass(std::move(rings));
  rings_.emplace(std::move(*rings));
  ring_watch_.emplace(rings_->size(), options_.period_ns);
  events_.emplace(options_, features_, cpus, &*rings_);

  const uint64_t begin_ns = monotonic_now_ns();
  const bool per_cpu = options_.per_cpu == EngineOptions::PerCpu::always && features_.per_cpu;
  if (target.launched) {
    for (const pid_t pid : pids_) {
      if (auto opened = events_->open_thread(pid, !per_cpu, [](size_t) { return true; }); !opened)
        return opened;
      threads_.add(pid, pid, true);
      report_existing_thread(sink, pid, pid, begin_ns);
    }
  } else {
    const AttachPlan plan{.follow_children = options_.follow_children, .sample = !per_cpu, .layout = layout_};
    Attacher attacher(plan, &*rings_, &*events_, &threads_);
    if (auto opened = attacher.open_all(pids_); !opened) return opened;
    attacher.report(sink, begin_ns);
  }
  if (per_cpu) {
    if (auto switched = switch_to_per_cpu(); !switched) return switched;
  }
  started_ = true;
  return {};
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
  drain(sink, monotonic_now_ns() - kPublishMarginNs);
  if (!per_cpu_since_ns_ && !per_cpu_refused_ && features_.per_cpu &&
      options_.per_cpu == EngineOptions::PerCpu::automatic && threads_.many_unsampled()) {
    // Refused (descriptors): sampling per thread goes on.
    static_cast<void>(switch_to_per_cpu());
  }
  const uint64_t now_ns = monotonic_now_ns();
  if (now_ns - rings_looked_ns_ >= kRingLookIntervalNs + kRingLookPerThreadNs * events_->thread_count()) {
    rings_looked_ns_ = now_ns;
    if (auto replaced = replace_dead_rings(sink); !replaced) return replaced;
  }
  if (resync_wanted_ && now_ns - resynced_ns_ >= kResyncIntervalNs) {
    resync_wanted_ = false;
    resynced_ns_ = now_ns;
    read_procfs_again(sink, last_time_ns_);
  }
  return {};
}

Result<void> PerfEngine::replace_dead_rings(EventSink& sink) {
  for (size_t i = 0; i < rings_->size(); ++i) {
    if (!ring_watch_->is_silent(i, rings_->read_head(i)) || !rings_->is_read(i)) continue;
    const uint64_t dead_ns = ring_watch_->dead_ns(i, events_->read_cpu_ns(i));
    if (dead_ns == 0) continue;
    if (auto replaced = rings_->replace(i); !replaced) return replaced;
    if (auto redirected = events_->redirect(i); !redirected) return redirected;
    ring_watch_->forget(i);
    // Where the kernel is not sampled, time without records can also have been the kernel's.
    if (!features_.kernel) continue;
    ++rings_replaced_;
    handle(LostRecord{.time_ns = last_time_ns_, .records = dead_ns / options_.period_ns}, sink);
  }
  return {};
}

Result<void> PerfEngine::finish(EventSink& sink) {
  if (finished_ || !started_) return {};
  finished_ = true;
  events_->disable_all();
  drain(sink, kEverything);
  if (resync_wanted_) read_procfs_again(sink, last_time_ns_);
  report_live_threads(sink);
  return {};
}

void PerfEngine::drain(EventSink& sink, uint64_t front_ns) {
  rings_->refresh();
  RingMerger& merger = rings_->merger();
  late_now_ = 0;
  while (const auto merged = merger.next(front_ns)) {
    if (!merged->late) last_time_ns_ = merged->time_ns;
    deliver(*merged, sink);
    merger.pop(*merged);
    rings_->release_some(merged->ring);
  }
  rings_->release_all();
  if (late_now_ != 0) {
    counts_.late += late_now_;
    sink.on_lost({.time_ns = last_time_ns_, .samples = late_now_, .reason = LossReason::late});
  }
}

void PerfEngine::deliver(const MergedRecord& merged, EventSink& sink) {
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
          ++counts_.throttled;
        } else if constexpr (!std::is_same_v<Found, OtherRecord>) {
          if (!merged.late) found.time_ns = merged.time_ns;
          handle(found, sink);
        }
      },
      *record);
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
  if (!wanted(record, merged)) return;
  ++counts_.taken;
  threads_.sampled(record.sample.pid, record.sample.tid);
  if (merged.late) {
    ++late_now_;
    return;
  }
  record.sample.time_ns = merged.time_ns;
  sink.on_sample(record.sample);
}

void PerfEngine::handle(const ForkEvent& event, EventSink& sink) {
  if (!covers(event.pid)) return;
  if (found_.erase(event.tid) != 0) return;  // procfs was ahead of its record
  threads_.add(event.pid, event.tid);
  sink.on_fork(event);
}

void PerfEngine::handle(const ExitEvent& event, EventSink& sink) {
  if (!covers(event.pid)) return;
  if (events_->has_counter(event.tid)) {  // an original thread: its events write no READ record
    const uint64_t cpu_ns = events_->take_count(event.tid);
    original_cpu_ns_ += cpu_ns;
    sink.on_thread_cpu({.time_ns = event.time_ns, .pid = event.pid, .tid = event.tid, .cpu_ns = cpu_ns});
  }
  threads_.mark_exited(event.tid);
  found_.erase(event.tid);
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
  inherited_cpu_ns_ += record.count;
  if (!covers(record.pid) || record.count == 0) return;
  threads_.ended_with(record.tid, record.count);
  sink.on_thread_cpu(
      {.time_ns = record.time_ns, .pid = record.pid, .tid = record.tid, .cpu_ns = record.count});
}

void PerfEngine::handle(const LostRecord& record, EventSink& sink) {
  counts_.lost_kernel += record.records;
  resync_wanted_ = true;
  sink.on_lost({.time_ns = record.time_ns, .samples = record.records, .reason = LossReason::ring_full});
}

void PerfEngine::read_procfs_again(EventSink& sink, uint64_t time_ns) {
  // Any record may be among the lost ones: births, ends, mappings.
  std::unordered_set<pid_t> absent;
  for (const pid_t pid : threads_.process_ids()) {
    const auto listed = os::list_threads(pid);
    const std::unordered_set<pid_t> live =
        listed ? std::unordered_set<pid_t>(listed->begin(), listed->end()) : std::unordered_set<pid_t>{};
    std::vector<pid_t> ended;
    for (const auto& [tid, thread] : threads_.threads()) {
      if (thread.pid != pid || live.contains(tid)) continue;
      // Its last records may still be on their way: only who was absent last time as well has ended.
      if (finished_ || absent_.contains(tid)) ended.push_back(tid);
      absent.insert(tid);
    }
    for (const pid_t tid : ended) handle(ExitEvent{.time_ns = time_ns, .pid = pid, .tid = tid}, sink);
    for (const pid_t tid : live) {
      if (threads_.find(tid) == nullptr) {
        threads_.add(pid, tid);
        found_.insert(tid);
        report_existing_thread(sink, pid, tid, time_ns);
      }
      if (!options_.follow_children) continue;
      for (const pid_t child : os::list_child_processes(pid, tid)) {
        if (threads_.find(child) != nullptr || child == ::getpid()) continue;
        threads_.add(child, child);
        found_.insert(child);
        report_existing_thread(sink, child, child, time_ns);
        report_mappings(sink, child, time_ns);
      }
    }
    if (!live.empty()) report_mappings(sink, pid, time_ns);
  }
  absent_ = std::move(absent);
  if (!absent_.empty()) resync_wanted_ = true;  // to look again
}

void PerfEngine::report_thread_cpu(EventSink& sink, pid_t pid, pid_t tid, uint64_t cpu_ns) {
  if (cpu_ns != 0) sink.on_thread_cpu({.time_ns = last_time_ns_, .pid = pid, .tid = tid, .cpu_ns = cpu_ns});
}

void PerfEngine::report_live_threads(EventSink& sink) {
  struct Live {
    pid_t pid, tid;
    uint64_t run_ns;
  };
  std::vector<Live> inherited;
  // Ended without a READ record. The kernel writes it for the events of every CPU on the CPU where the thread
  // ends, and a ring that two CPUs write to at once can stay without a new head for good (perf's rings are
  // not made for that: rb->nest in kernel/events/ring_buffer.c is no atomic). Seen where a hundred threads
  // end at the same moment.
  std::vector<Live> gone;
  uint64_t listed_ns = 0;
  for (const auto& [tid, thread] : threads_.threads()) {
    if (events_->has_counter(tid)) {
      const uint64_t cpu_ns = events_->take_count(tid);
      original_cpu_ns_ += cpu_ns;
      report_thread_cpu(sink, thread.pid, tid, cpu_ns);
    } else if (const auto run_ns = os::read_thread_run_ns(thread.pid, tid)) {
      inherited.push_back({thread.pid, tid, *run_ns});
      listed_ns += *run_ns;
    } else {
      gone.push_back({thread.pid, tid, 0});
    }
  }
  // Procfs is up to a scheduler tick behind, and ran on after the events were stopped. The events know the
  // exact sum of these threads: all that was counted, less what has been reported. Distrusted after losses.
  const uint64_t total_ns = events_->read_total_ns();
  uint64_t rest_ns = total_ns - std::min(total_ns, inherited_cpu_ns_ + original_cpu_ns_);
  if (!gone.empty()) {
    unread_ns_ = rest_ns - std::min(rest_ns, listed_ns);
    rest_ns -= unread_ns_;
    for (const Live& thread : gone) report_thread_cpu(sink, thread.pid, thread.tid, unread_ns_ / gone.size());
    unread_threads_ = gone.size();
  }
  if (listed_ns == 0) return;
  const double ratio = static_cast<double>(rest_ns) / static_cast<double>(listed_ns);
  const double scale = counts_.lost_kernel == 0 && ratio > 0.5 && ratio < 2 ? ratio : 1;
  for (const Live& live : inherited) {
    report_thread_cpu(sink, live.pid, live.tid,
                      static_cast<uint64_t>(static_cast<double>(live.run_ns) * scale));
  }
}

void PerfEngine::describe(Quality& quality) const {
  quality.engine = per_cpu_since_ns_ ? "perf per-cpu" : "perf";
  quality.engine_note = describe_rights(features_, os::read_perf_event_paranoid());
  quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(options_.period_ns);
  quality.kernel_sampled = features_.kernel;
  quality.samples.taken = counts_.taken;
  quality.samples.late = counts_.late;
  quality.samples.lost_kernel = counts_.lost_kernel + (rings_ ? rings_->merger().corruptions() : 0);
  quality.samples.throttled = counts_.throttled;
  quality.overhead.ring_bytes = rings_ ? rings_->total_bytes() : 0;
  if (rings_replaced_ != 0) {
    quality.warnings.push_back(fmt::format(
        "The kernel stopped writing records of one CPU {} times, for up to 0.1 s (it happens when many "
        "threads end at once): the samples lost by it are counted.",
        rings_replaced_));
  }
  if (unread_ns_ > (inherited_cpu_ns_ + original_cpu_ns_) / 100) {
    quality.warnings.push_back(
        fmt::format("The kernel lost the last records of {} threads: their CPU time, {:.3f} s, is spread "
                    "evenly over them, "
                    "and samples of it may be missing.",
                    unread_threads_, seconds_of(unread_ns_)));
  }
}

}  // namespace

std::string describe_rights(const PerfFeatures& features, int paranoid) {
  if (!features.kernel) {
    return fmt::format(
        "perf events of user code are allowed (perf_event_paranoid {}); kernel time needs root, CAP_PERFMON "
        "or "
        "perf_event_paranoid 1",
        paranoid);
  }
  return fmt::format("perf events are allowed, kernel included (perf_event_paranoid {})", paranoid);
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
