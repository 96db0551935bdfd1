// The class of the perf engine, for the files that implement it: perf_engine.cc and, for pauses,
// perf_engine_pauses.cc.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "sampling/engine.h"
#include "sampling/perf/cpu_report.h"
#include "sampling/perf/event_attributes.h"
#include "sampling/perf/procfs_look.h"
#include "sampling/perf/python_frames.h"
#include "sampling/perf/ring_keeper.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/target_events.h"
#include "sampling/perf/thread_table.h"
#include "sampling/perf/wake_events.h"

namespace strobe::sampling {

inline constexpr uint64_t kEverything = UINT64_MAX;         ///< a front that is behind every record
inline constexpr uint64_t kResyncIntervalNs = 200'000'000;  ///< between two looks at procfs

class PerfEngine final : public Engine {
 public:
  PerfEngine(const EngineOptions& options, const PerfFeatures& features)
      : options_(options),
        features_(features),
        layout_(record_layout(options, features)),
        python_(options, layout_),
        threads_(options.period_ns) {}

  Result<void> start(const EngineTarget& target, EventSink& sink) override;
  Result<void> poll(EventSink& sink, int timeout_ms) override;
  Result<void> pause(EventSink& sink) override;
  Result<void> resume(EventSink& sink) override;
  Result<void> report_cpu(EventSink& sink) override;
  Result<void> finish(EventSink& sink) override;
  [[nodiscard]] int wake_fd() const override { return rings_ ? rings_->wake_fd() : -1; }
  [[nodiscard]] bool targets_gone() const override { return started_ && threads_.empty(); }
  [[nodiscard]] bool is_in_haste() const override { return monotonic_now_ns() < haste_until_ns_; }
  [[nodiscard]] PythonReading python_reading() const override { return python_.reading(); }
  void expect_python() override { python_.expect(); }
  void watch_python(const PythonTarget& target) override { python_.watch(target); }
  void describe(Quality& quality) const override;
  [[nodiscard]] bool reports_switches() const override { return options_.wall; }
  [[nodiscard]] bool samples_switches() const override { return options_.wall && features_.kernel; }
  [[nodiscard]] bool reports_wakes() const override { return wakes_.has_value(); }
  [[nodiscard]] bool pooled_sampling() const override { return per_cpu_since_ns_.has_value(); }

 private:
  Result<void> open_rings(const std::vector<int>& cpus);
  void drain(EventSink& sink, uint64_t front_ns);
  bool deliver_next(EventSink& sink, uint64_t front_ns);
  void deliver(const MergedRecord& merged, EventSink& sink);
  void handle(SampleRecord& record, const MergedRecord& merged, EventSink& sink);
  void handle(const ForkEvent& event, EventSink& sink);
  void handle(const ExitEvent& event, EventSink& sink);
  void handle(const CommEvent& event, EventSink& sink);
  void handle(const MapEvent& event, EventSink& sink);
  void handle(const ReadRecord& record, EventSink& sink);
  void handle(const LostRecord& record, EventSink& sink);
  void handle(const SwitchEvent& event, EventSink& sink);
  bool deliver_wake(const MergedRecord& merged, EventSink& sink);
  void switch_all(bool on);

  [[nodiscard]] bool wanted(const SampleRecord& record, const MergedRecord& merged) const;
  [[nodiscard]] bool covers(pid_t pid) const {  // or it is a child that is not wanted
    return options_.follow_children || std::find(pids_.begin(), pids_.end(), pid) != pids_.end();
  }
  Result<void> switch_to_per_cpu();
  void hold_back(EventSink& sink);
  void look_after_pauses(EventSink& sink, uint64_t now_ns);
  void read_procfs_again(EventSink& sink);
  [[nodiscard]] CpuReport::Moment moment() const {
    return {.time_ns = last_time_ns_, .trusted = counts_.lost_kernel == 0};
  }

  EngineOptions options_;
  PerfFeatures features_;
  RecordLayout layout_;
  std::vector<pid_t> pids_;
  std::optional<RingSet> rings_;         // before the events, which are redirected into them
  std::optional<RingSet> switch_rings_;  // likewise; where waiting is recorded
  PythonFrames python_;  // before the events, which run its program, and after the rings it reads
  std::optional<TargetEvents> events_;
  std::optional<WakeEvents> wakes_;  // where waiting is recorded and tracepoints may be read
  std::optional<RingKeeper> ring_keeper_;
  ThreadTable threads_;
  bool started_ = false;
  bool finished_ = false;
  bool per_cpu_refused_ = false;
  std::optional<uint64_t> per_cpu_since_ns_;
  bool resync_wanted_ = false;
  ProcfsLook procfs_{&threads_};
  std::optional<CpuReport> cpu_;  // there with the events
  bool paused_ = false;
  bool was_paused_ = false;
  uint64_t repeat_switch_ns_ = 0;  // when to switch the events a second time; 0: done
  uint64_t resynced_ns_ = 0;
  uint64_t last_time_ns_ = 0;
  uint64_t late_now_ = 0;  // in this drain
  uint64_t haste_until_ns_ = 0;
  uint64_t switches_ = 0;
  SampleCounts counts_;
};

}  // namespace strobe::sampling
