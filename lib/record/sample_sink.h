// Receives an engine's events and turns them into rows: tracks the targets, unwinds each sample, interns its
// frames and stack, counts what went wrong. Sampling thread only.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/events.h"
#include "model/recording.h"
#include "record/fault_counts.h"
#include "record/memory_recorder.h"
#include "record/module_table.h"
#include "record/python_frames.h"
#include "record/python_targets.h"
#include "record/python_thread_names.h"
#include "record/resident_tracker.h"
#include "record/tables.h"
#include "record/target_tracker.h"
#include "record/wait_recorder.h"
#include "unwind/unwinder.h"

namespace strobe::record {

/// What was made of the samples of a stretch.
struct SampleCensus {
  using BlameCounts = std::map<std::pair<ModuleId, LossReason>, uint64_t>;

  uint64_t samples = 0;
  uint64_t stretches = 0;  ///< rows
  std::array<uint64_t, kStackClassCount> by_class{};
  BlameCounts blame;
  std::array<uint64_t, kPythonOutcomeCount> by_python_outcome{};
  BlameCounts python_blame;
};

struct SampleSinkOptions {
  uint64_t start_ns = 0;  ///< CLOCK_MONOTONIC of the recording's start
  bool redact_arguments = false;
};

class SampleSink final : public EventSink, private StackNamer, private AddressNamer {
 public:
  explicit SampleSink(const SampleSinkOptions& options);

  void on_sample(const RawSample& sample) override;
  void on_fork(const ForkEvent& event) override;
  void on_exit(const ExitEvent& event) override;
  void on_comm(const CommEvent& event) override;
  void on_map(const MapEvent& event) override;
  void on_python(pid_t pid, PythonCapture& capture) override;
  void on_lost(const LostEvent& event) override;
  void on_thread_cpu(const ThreadCpuEvent& event) override { tracker_.on_thread_cpu(event); }
  void on_switch(const SwitchEvent& event) override {
    if (waits_ != nullptr) waits_->switched(event);
  }
  void on_wake(const WakeEvent& event) override {
    if (waits_ != nullptr) waits_->woke(event);
  }
  void on_fault_sample(const RawSample& sample) override;
  void on_switch_sample(const RawSample& sample) override {
    if (waits_ != nullptr) waits_->sampled(sample);
  }

  /// From now on waiting is recorded as well; before the first event.
  void record_waits(const WaitOptions& options);
  /// From now on page faults are counted by stack; a sample of them stands for so many.
  void count_faults(uint64_t period) { faults_.emplace(period); }
  /// Null where it is not.
  [[nodiscard]] WaitRecorder* waits() { return waits_.get(); }
  [[nodiscard]] const WaitRecorder* waits() const { return waits_.get(); }

  /// From now on allocations are recorded as well; `folder`: of the session's rings. Before the first event.
  void record_memory(const std::string& folder);
  /// Null where they are not.
  [[nodiscard]] MemoryRecorder* memory() { return memory_.get(); }
  [[nodiscard]] const MemoryRecorder* memory() const { return memory_.get(); }
  /// What the processes occupy; run and closed by the recorder.
  [[nodiscard]] ResidentTracker& resident() { return resident_; }

  /// Everything new since the last call.
  [[nodiscard]] RecordingDelta take_delta();
  [[nodiscard]] TargetTracker& tracker() { return tracker_; }
  [[nodiscard]] ModuleTable& modules() { return modules_; }
  [[nodiscard]] PythonTargets& python() { return python_; }
  [[nodiscard]] const PythonTargets& python() const { return python_; }
  void name_python_threads(uint64_t now_ns) { python_threads_.refresh(now_ns, python_, tracker_); }
  /// Samples dropped because too many rows waited for a slow disk (LossReason::queue_full).
  [[nodiscard]] uint64_t lost_queue() const { return lost_queue_; }
  /// Whether stacks of late went beyond their copies: the rest is read from the live threads, and every
  /// millisecond that this comes later more of them have moved on or ended.
  [[nodiscard]] bool reads_live_stacks() const { return samples_since_short_copy_ < kRecentSamples; }
  /// Begins a new segment of the recording, which shares no stack with those before it; after take_delta().
  void begin_segment();
  /// The samples of the segment that runs, and what was stored for them, roughly.
  [[nodiscard]] const SampleCensus& census() const { return census_; }
  [[nodiscard]] uint64_t segment_bytes() const;
  /// The next ids: what a later segment begins with.
  [[nodiscard]] DropMark next_rows() const {
    return {handed_over_ + samples_.size(), stacks_.next_id(), handed_over_stretches_};
  }
  /// These samples are none of the recording's any more.
  void forget(const SampleCensus& census);

  /// Where and why stacks ended early, most first.
  [[nodiscard]] std::vector<Blame> stack_blame() const { return list_blame(blame_); }
  /// What became of Python's stacks; without how they were read.
  [[nodiscard]] PythonCounts python_counts() const;

 private:
  void name_stack(const RawSample& sample, Sight& out) override;
  StackId intern_stack(const std::vector<FrameId>& frames) override;
  FrameId name_address(const ProcessState& process, const UnwoundFrame& frame) override {
    return resolve_frame(process, frame);
  }
  StackId intern_frame_below(StackId parent, FrameId frame) override { return stacks_.intern(parent, frame); }
  [[nodiscard]] FrameId intern_kernel(const RawSample& sample, size_t depth);
  /// Fills unwound_.
  void unwind(ProcessState& process, const RawSample& sample);
  /// Fills stack_ from unwound_ and the sample's Python frames.
  void name_frames(const ProcessState& process, const RawSample& sample);
  void count(const RawSample& sample, ThreadId thread);
  [[nodiscard]] std::vector<Blame> list_blame(const SampleCensus::BlameCounts& counts) const;
  FrameId intern_frame(const ProcessState& process, const UnwoundFrame& frame);
  FrameId resolve_frame(const ProcessState& process, const UnwoundFrame& frame);

  /// Direct-mapped: the frame that an address had in an address space, by its generation.
  struct CachedFrame {
    uint64_t generation = 0;
    uint64_t address_and_kind = 0;
    FrameId frame;
  };
  static constexpr size_t kFrameCacheSize = 8192;
  static constexpr uint64_t kRecentSamples = 1000;
  static constexpr size_t kMaxWaitingRows = 4'000'000;

  uint64_t start_ns_;
  StringTable strings_;
  ModuleTable modules_;
  FunctionTable functions_;
  FrameTable frames_;
  StackTable stacks_;
  TargetTracker tracker_;
  unwind::Unwinder unwinder_;
  unwind::UnwoundStack unwound_;  // reused, as are the two below
  std::vector<FrameId> native_;
  NamedStack stack_;
  PythonCapture capture_;
  PythonTargets python_;
  PythonThreadNames python_threads_;
  PythonFrames python_frames_{{&strings_, &functions_, &frames_, &modules_}};
  std::vector<CachedFrame> frame_cache_;
  std::vector<SampleRow> samples_;
  uint64_t lost_queue_ = 0;
  uint64_t samples_since_short_copy_ = kRecentSamples;
  uint64_t handed_over_ = 0;  // samples
  uint64_t handed_over_stretches_ = 0;
  std::unique_ptr<WaitRecorder> waits_;
  std::unique_ptr<MemoryRecorder> memory_;
  ResidentTracker resident_;
  std::optional<FaultCounts> faults_;
  Sight fault_;          // reused
  SampleCensus census_;  // of the segment
  SampleCensus::BlameCounts blame_;
  std::array<uint64_t, kPythonOutcomeCount> by_python_outcome_{};
  SampleCensus::BlameCounts python_blame_;
};

}  // namespace strobe::record
