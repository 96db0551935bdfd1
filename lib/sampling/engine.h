// The interface of the two engines, perf and ptrace: a target and options in, events in order of time out.
// All calls come from one thread (the recorder's sampling thread).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/events.h"
#include "model/python.h"
#include "model/quality.h"

namespace strobe::sampling {

enum class EngineChoice : uint8_t { automatic, perf, ptrace };

struct EngineOptions {
  EngineChoice engine = EngineChoice::automatic;
  uint64_t period_ns = 999'983;      ///< of CPU time; prime, so as not to run in lock-step with the target
  uint32_t stack_bytes = 16 * 1024;  ///< copied per sample; 0 none, at most 65,528
  bool follow_children = true;
  enum class PerCpu : uint8_t { automatic, always, never } per_cpu = PerCpu::automatic;
  bool wall = false;  ///< waiting as well: switches, and stacks of a share of them
  /// Page faults as well, the stack of one in so many of a thread's on a CPU; 0: none. Of perf alone.
  uint64_t fault_period = 0;
  bool start_paused = false;        ///< as if pause() came with the start
  bool python_in_interrupt = true;  ///< read Python's frames by BPF where that is allowed
  /// Asked for the Python frames of threads where BPF does not bring them; borrowed, may be null.
  PythonFrameReader* python_reader = nullptr;
};

/// What to record: processes that exist. Under `run` it is the one child, stopped before its exec.
struct EngineTarget {
  std::vector<pid_t> pids;
  bool launched = false;  ///< the child waits for exec: sampling begins with the exec
};

class Engine {
 public:
  virtual ~Engine() = default;  ///< leaves every target thread running and detached

  /// Begins recording; after it returns the launched child may be released. Reports what already runs
  /// (attach) through `sink`. Target threads that vanish meanwhile are no error.
  virtual Result<void> start(const EngineTarget& target, EventSink& sink) = 0;

  /// Waits up to `timeout_ms` for news and delivers what is there, in order of time.
  virtual Result<void> poll(EventSink& sink, int timeout_ms) = 0;

  /// Stops sampling: when it returns, all samples taken before are delivered, and none is taken, nor is CPU
  /// time counted, until resume(). Threads and children are followed all the same. Not twice in a row.
  virtual Result<void> pause(EventSink& sink) = 0;
  virtual Result<void> resume(EventSink& sink) = 0;

  /// Reports the CPU time of the threads that live, as of now. Exact for most; where only the scheduler's
  /// tick tells (threads that were born while recording, and ptrace), a later report makes up for it.
  virtual Result<void> report_cpu(EventSink& sink) = 0;

  /// Ends recording and delivers everything that is still held back, with the exact CPU time of the threads
  /// that still live. The targets go on.
  virtual Result<void> finish(EventSink& sink) = 0;

  /// How Python's frames come with the samples of this engine.
  [[nodiscard]] virtual PythonReading python_reading() const = 0;
  /// Some target is a Python, or is about to become one: what takes a while is to be got ready. Also before
  /// start().
  virtual void expect_python() = 0;
  /// From now on samples of this process bring Python's frames. Called again when it becomes another program,
  /// and with `runtime` 0 when it is no Python any more.
  virtual void watch_python(const PythonTarget& target) = 0;

  /// A descriptor that becomes readable when poll() has something to do, for use in a caller's poll(2); or
  /// -1.
  [[nodiscard]] virtual int wake_fd() const = 0;

  /// Records are on their way that somebody waits for: poll() should come again within a millisecond or two.
  [[nodiscard]] virtual bool is_in_haste() const = 0;

  /// Whether all target processes are known to be gone (attach ends by itself then).
  [[nodiscard]] virtual bool targets_gone() const = 0;

  /// Adds what the engine knows: its name, rate, kernel_sampled, lost and throttled counts, stops, ring
  /// bytes.
  virtual void describe(Quality& quality) const = 0;
  /// How stretches off the CPU are known: from switches as they happen (SwitchEvent), or not at all by this
  /// engine: whoever wants to know looks at the threads.
  [[nodiscard]] virtual bool reports_switches() const = 0;
  /// Whether stacks of switches come (on_switch_sample), of a share that does not depend on how long the
  /// thread will wait.
  [[nodiscard]] virtual bool samples_switches() const = 0;
  /// Whether it is known when threads that waited became ready to run, and by whom (WakeEvent), of all but
  /// where there are more of them than can be recorded.
  [[nodiscard]] virtual bool reports_wakes() const = 0;
  /// True once samples are spread over all processes (see RecordingInfo::pooled_sampling).
  [[nodiscard]] virtual bool pooled_sampling() const = 0;
};

/// Probes what the kernel allows and makes the engine; its name and the reason are in describe().
/// With EngineChoice::automatic perf is taken when it is allowed.
Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options, const EngineTarget& target,
                                            Diagnostics& diagnostics);

}  // namespace strobe::sampling
