// What an engine reports beside samples, and the interface that receives both, in order of time.
// perf delivers them from kernel records; the ptrace engine from ptrace events; for processes that already
// ran at attach, engines report a fork, a name and the mappings as they find them, so that launch and
// attach look the same from here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "model/losses.h"
#include "model/raw_sample.h"

namespace strobe {

/// A thread began: of a new process where pid differs from parent_pid, else a further thread of pid.
struct ForkEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  pid_t parent_pid = 0;
  pid_t parent_tid = 0;
  bool existing = false;  ///< found at attach, not born now: its mappings are reported one by one
};

struct ExitEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
};

/// A thread got a name; with `exec` the process became another program and its mappings are gone.
struct CommEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  std::string_view name;  ///< borrowed
  bool exec = false;
};

/// Executable memory was mapped. Memory that it overlaps is gone.
struct MapEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t start = 0;
  uint64_t size = 0;
  uint64_t file_offset = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  uint64_t inode = 0;
  std::string_view path;  ///< borrowed; as the kernel names it: a path, "[vdso]", "//anon", ""
  Bytes build_id;         ///< borrowed; empty where the kernel did not say
};

struct LostEvent {
  uint64_t time_ns = 0;
  uint64_t samples = 0;  ///< records of any kind for LossReason::ring_full (the kernel does not say which)
  LossReason reason = LossReason::ring_full;
};

/// Exact CPU time that a thread used since the last such event for it (or since recording began).
struct ThreadCpuEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t cpu_ns = 0;
};

/// A thread left a CPU, or was given one. Only where waiting is recorded, of threads announced before.
struct SwitchEvent {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  bool out = false;
  bool forced = false;  ///< of out: it was still ready to run
};

/// A thread that waited was made ready to run. Where that is known; of threads announced before.
struct WakeEvent {
  uint64_t time_ns = 0;
  pid_t tid = 0;
  pid_t waker_pid = 0;  ///< 0: not by a thread but in an interrupt: of a clock or a device
  pid_t waker_tid = 0;  ///< of whatever program
};

/// Receives what an engine records. Called from the engine's polling thread only. Times never go back,
/// but for records counted by on_lost(LossReason::late).
class EventSink {
 public:
  virtual void on_sample(const RawSample&) = 0;
  virtual void on_fork(const ForkEvent&) = 0;
  virtual void on_exit(const ExitEvent&) = 0;
  virtual void on_comm(const CommEvent&) = 0;
  virtual void on_map(const MapEvent&) = 0;
  virtual void on_lost(const LostEvent&) = 0;
  virtual void on_thread_cpu(const ThreadCpuEvent&) = 0;
  virtual void on_switch(const SwitchEvent& /*event*/) {}
  virtual void on_wake(const WakeEvent& /*event*/) {}
  /// Where a thread is about to leave the CPU; its on_switch() comes next. None of on_sample()'s samples.
  virtual void on_switch_sample(const RawSample& /*sample*/) {}
  /// What a thread's page fault stands for: where memory became resident. None of on_sample()'s samples.
  virtual void on_fault_sample(const RawSample& /*sample*/) {}
  /// Frames for a sample that comes later: to be named now, as code objects can be gone by then.
  virtual void on_python(pid_t /*pid*/, PythonCapture& /*capture*/) {}

 protected:
  ~EventSink() = default;
};

}  // namespace strobe
