// The tracer: seizes the threads of the targets, follows their births, execs and ends, and samples the
// running ones by stopping each for some 40 µs. Lives on one thread, the tracer thread, whose end lets go of
// everything (os/ptrace.h says why that, and not PTRACE_DETACH).
//
// What is never stopped: a blocked thread. Before an interrupt the thread's state is read and has to be
// "running"; the race that remains (it blocks in the microseconds between) is counted where it can be seen.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/events.h"
#include "os/procfs.h"
#include "os/ptrace.h"
#include "sampling/engine.h"
#include "sampling/ptrace/map_watch.h"
#include "sampling/ptrace/sample_clock.h"

namespace strobe::sampling {

struct TracerCounts {
  uint64_t stops = 0;       ///< of any kind
  uint64_t stopped_ns = 0;  ///< from the interrupt to the resume: an upper bound
  uint64_t longest_stop_ns = 0;
  uint64_t missed_periods = 0;     ///< CPU periods for which we were too late
  uint64_t in_kernel = 0;          ///< hits in a system call: not samples, as the kernel is not sampled
  uint64_t interrupted_calls = 0;  ///< system calls that returned EINTR because of us
};

class Tracer {
 public:
  /// `sink` is borrowed for the life of this object.
  Tracer(const EngineOptions& options, EventSink* sink);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Seizes and reports the targets. Fails when one may not be traced, or none is left.
  Result<void> start(const EngineTarget& target);
  /// Handles stops and samples for one period.
  void run_once();
  /// Reports the CPU time of the threads that live.
  void report_cpu();
  /// Stops sampling after a report of CPU time; births, names and ends are followed all the same.
  void pause();
  /// Goes on; CPU time used meanwhile is none of the recording's.
  void resume();

  [[nodiscard]] bool targets_gone() const { return threads_.empty(); }
  [[nodiscard]] const TracerCounts& counts() const { return counts_; }

 private:
  struct Thread {
    pid_t pid = 0;
    SampleClock clock;
    uint64_t reported_cpu_ns = 0;  // CPU time up to here was reported, or is none of the recording's
    uint64_t interrupted_ns = 0;   // when we asked it to stop; 0: we did not
    bool waits_for_exec = false;
    std::string name;
    UniqueFd schedstat;
    uint64_t slices = 0;        // times it was given a CPU, as last read
    uint32_t idle_looks = 0;    // in a row without CPU time
    uint64_t user_ticks = 0;    // of its CPU time, as last read
    uint64_t system_ticks = 0;  // likewise
    uint64_t hits = 0;          // times it was stopped to be sampled
    uint64_t kernel_hits = 0;   // of them, taken as time in the kernel
  };
  struct Process {
    MapWatch maps;
    uint64_t cpu_ns = 0;  // of all threads, at the last sweep
    uint32_t threads = 0;
  };
  struct Birth {
    pid_t pid = 0;
    pid_t tid = 0;
    pid_t parent_pid = 0;
    pid_t parent_tid = 0;
    bool existing = false;
  };

  Result<void> seize_process(pid_t pid);
  Result<bool> seize_new_threads(pid_t pid);

  void handle_stops();
  void handle_stop(const os::trace::Stop& stop);
  void handle_birth(pid_t parent_tid);
  void handle_exec(pid_t tid);
  void handle_exit(pid_t tid);
  void handle_interrupt(pid_t tid, Thread& thread);
  bool adopt(pid_t tid, pid_t parent_tid);
  void let_go(pid_t tid);

  void sweep();
  bool is_due(pid_t tid, Thread& thread, uint64_t now_ns);
  [[nodiscard]] static bool had_waited(pid_t tid, const Thread& thread);
  [[nodiscard]] static bool count_kernel_hit(Thread& thread);
  void refresh_process(pid_t pid, Process& process, uint64_t now_ns);
  void collect_ended();
  void look_for_lost();

  Thread& add_thread(const Birth& birth);
  void remove_thread(pid_t tid, uint64_t now_ns);
  [[nodiscard]] static std::optional<os::SchedStat> read_schedstat(pid_t tid, const Thread& thread);
  void read_cpu(pid_t tid, Thread& thread);
  void report_cpu_of(pid_t tid, Thread& thread, uint64_t now_ns);
  void begin_clock(pid_t tid, Thread& thread, uint64_t now_ns);
  void report_name(pid_t tid, Thread& thread, bool exec);
  void count_stop(const Thread& thread, uint64_t now_ns);
  void wait_for_news(uint64_t until_ns) const;
  [[nodiscard]] uint64_t random_phase();

  EngineOptions options_;
  EventSink* sink_;
  pid_t own_child_ = 0;              // of this Strobe: its end is for LaunchedProcess to collect
  std::map<pid_t, Thread> threads_;  // by tid; ordered for a steady sweep
  std::unordered_map<pid_t, Process> processes_;
  std::unordered_set<pid_t> unannounced_;  // known by a stop of their own before their parents told of them
  std::vector<pid_t> uncollected_;         // still ours, though not in threads_: they end, or stop once more
  std::vector<std::byte> stack_;           // reused
  PythonCapture python_;                   // likewise
  TracerCounts counts_;
  bool paused_ = false;
  uint64_t next_sweep_ns_ = 0;
  uint64_t next_lost_look_ns_ = 0;
  uint64_t sweeps_ = 0;
  uint64_t random_ = 0x9E3779B97F4A7C15u;
};

}  // namespace strobe::sampling
