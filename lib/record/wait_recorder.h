// Records waiting: feeds the switches that an engine reports to the tracker, has threads looked at that stay
// off the CPU, and makes rows of what it says. Sampling thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/events.h"
#include "model/recording.h"
#include "os/blocked_look.h"
#include "os/kernel_waits.h"
#include "record/data_names.h"
#include "record/frame_pointer_search.h"
#include "record/gil_watch.h"
#include "record/python_targets.h"
#include "record/stretch_tracker.h"
#include "record/tables.h"
#include "record/target_tracker.h"
#include "record/wait_objects.h"
#include "record/wait_sweep.h"

namespace strobe::record {

/// Makes frames of a stack as of a sample's, beside the samples.
class StackNamer {
 public:
  /// Fills in the frames, with those of the kernel, how far they reach, and the state of Python.
  virtual void name_stack(const RawSample& sample, Sight& out) = 0;
  virtual StackId intern_stack(const std::vector<FrameId>& frames) = 0;

 protected:
  ~StackNamer() = default;
};

struct WaitOptions {
  bool reports_switches = true;   ///< else threads are looked at in turns
  bool samples_switches = false;  ///< the engine copies the stacks of a share of the switches
  uint64_t start_ns = 0;          ///< CLOCK_MONOTONIC of the recording's start
  pid_t launched = 0;  ///< what happens to it before its exec is none of the recording's; 0: attached
};

class WaitRecorder {
 public:
  /// Borrowed for the life of this object.
  struct Parts {
    StringTable* strings = nullptr;
    FunctionTable* functions = nullptr;
    FrameTable* frames = nullptr;
    ModuleTable* modules = nullptr;
    TargetTracker* targets = nullptr;
    PythonTargets* python = nullptr;
    StackNamer* stacks = nullptr;
  };
  WaitRecorder(const WaitOptions& options, const Parts& parts);

  // Events, after the target tracker had them; the end of a thread before.
  void began(const ForkEvent& event);
  void executed(const CommEvent& event);
  void ended(const ExitEvent& event);
  void switched(const SwitchEvent& event);
  void woke(const WakeEvent& event);
  void sampled(const RawSample& sample);
  void lost(uint64_t time_ns) { tracker_.lost(time_ns); }
  void pause(uint64_t time_ns);
  void resume(uint64_t time_ns);

  /// Looks at threads that have stayed off the CPU; called often while is_in_haste().
  void look(uint64_t now_ns);
  [[nodiscard]] bool is_in_haste() const { return tracker_.has_unseen(); }
  /// What is over goes into the delta, and how long threads waited to the target tracker.
  void take(RecordingDelta& delta);
  /// Brings that up to the present.
  void settle(uint64_t now_ns) { tracker_.settle(now_ns); }
  void close(uint64_t now_ns);

  /// All there were and those that are missing.
  [[nodiscard]] OffCpuCounts counts() const;
  /// Where the engine does not tell when threads were woken.
  [[nodiscard]] const char* runnable_source() const {
    return options_.reports_switches ? "run_delay" : "looking";
  }

 private:
  /// Looks at a thread; none where it is not blocked. `look_ns_` is when that was.
  std::optional<Sight> see(const StretchTracker::Who& who);
  /// What has to be read while the thread stands still.
  void read_still(const os::BlockedLook& look, const StretchTracker::Who& who);
  void explain(const os::WaitReason& reason, const StretchTracker::Who& who, bool still, Sight& sight);
  [[nodiscard]] Bytes code_before(pid_t pid, uint64_t program_counter);
  /// Python's locks are semaphores of the C library, and its conditions wait for such a lock.
  [[nodiscard]] ThreadState state_in_python(const Sight& sight) const;
  void observe_delay(const StretchTracker::Who& who);
  StretchRow make_row(KeptStretch& stretch);

  WaitOptions options_;
  Parts parts_;
  StretchTracker tracker_;
  WaitSweep sweep_;  // in its place where the engine sees no switches
  os::KernelWaits kernel_waits_;
  FramePointerSearch frame_pointers_;
  DataNames data_names_;
  WaitObjects objects_;
  GilWatch gils_;
  bool program_began_ = false;
  uint64_t random_ = 0x9E3779B97F4A7C15u;
  // Reused; the first four of the look that is made.
  uint64_t look_ns_ = 0;
  std::vector<std::byte> stack_;
  size_t stack_size_ = 0;
  bool has_python_ = false;
  PythonCapture python_;
  Sight sight_;
  std::array<std::byte, 8> code_{};
  std::vector<StretchTracker::Who> unseen_;
  std::vector<KeptStretch> over_;
  std::vector<ThreadWaits> waits_;
};

}  // namespace strobe::record
