// Who is being recorded: processes and threads as they come and go, with their address spaces and exact CPU
// time, from an engine's events. Ids are ours; a reused pid or tid gets a new row. Sampling thread only.
#pragma once

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/events.h"
#include "os/process_memory.h"
#include "record/module_table.h"
#include "record/tables.h"

namespace strobe::record {

struct ProcessState {
  ProcessId id;
  AddressSpace space;
  ModuleId executable;  ///< the first file that was mapped after an exec; none for a child without one
  std::optional<os::ProcessMemory> memory;
  uint32_t live_threads = 0;
  /// From an exec to its first sample in mapped code. Until then samples in the kernel carry the registers of
  /// the program that is gone.
  bool starting_program = false;
  uint64_t user_base_ns = 0;  // what it had used before we looked
  uint64_t system_base_ns = 0;
};

/// What a thread used in a stretch of the recording.
struct ThreadUse {
  ThreadId thread;
  uint64_t cpu_ns = 0;
  uint64_t samples = 0;
  uint64_t waited_ns = 0;
  uint64_t runnable_ns = 0;
  uint64_t voluntary_switches = 0;
  uint64_t forced_switches = 0;
  [[nodiscard]] bool any() const {
    return cpu_ns != 0 || samples != 0 || waited_ns != 0 || voluntary_switches != 0 || forced_switches != 0;
  }
};

/// What is known of a recording's times off the CPU. Times are relative to its start.
struct WaitSettlement {
  std::vector<std::pair<uint64_t, uint64_t>> pauses;  ///< from, to
  uint64_t from_ns = 0;                               ///< what was before is none of the recording's
  bool exact = true;                                  ///< every switch was seen
};

class TargetTracker {
 public:
  TargetTracker(StringTable& strings, ModuleTable& modules, uint64_t start_ns, bool redact_arguments)
      : strings_(&strings), modules_(&modules), start_ns_(start_ns), redact_arguments_(redact_arguments) {}

  void on_fork(const ForkEvent& event);
  void on_exit(const ExitEvent& event);
  void on_comm(const CommEvent& event);
  void on_map(const MapEvent& event);
  void on_thread_cpu(const ThreadCpuEvent& event);

  /// Whether the process was seen and all its threads have ended.
  [[nodiscard]] bool has_ended(pid_t pid) const {
    const auto state = states_.find(pid);
    return state != states_.end() && state->second.live_threads == 0;
  }
  /// Whether the end of a thread is that of its process.
  [[nodiscard]] bool is_last_thread(pid_t pid) const {
    const auto state = states_.find(pid);
    return state != states_.end() && state->second.live_threads == 1;
  }
  /// The process and thread of a sample; made up from procfs where no event announced them.
  ProcessState& process(pid_t pid, uint64_t time_ns);
  ThreadId thread(pid_t pid, pid_t tid, uint64_t time_ns);
  [[nodiscard]] const std::string& command(ProcessId id) const { return commands_[id.index()]; }
  /// Null where no event announced it.
  [[nodiscard]] const ProcessState* find_process(pid_t pid) const {
    const auto state = states_.find(pid);
    return state == states_.end() ? nullptr : &state->second;
  }

  /// Reads user and system times of the live processes; called now and then, and before the end.
  void read_times();
  void read_times_of(pid_t pid);
  void set_exit_status(pid_t pid, int32_t status);
  /// Gives everything that still runs its end time.
  void close(uint64_t time_ns);

  /// The thread of that process; none where it is not known, or belongs to another.
  [[nodiscard]] ThreadId find_thread(pid_t pid, pid_t tid) const;
  /// What happened before, to a process that was launched and waited, is none of the recording's.
  void begin_at(pid_t pid, uint64_t time_ns);
  /// Off the CPU, in addition to what was told before; `cpu_ns` and `samples` do not count.
  void add_waits(const ThreadUse& waits);

  /// Makes the time off the CPU of threads that have ended (close()) what their lives leave beside their CPU
  /// time, where the difference is what switching itself takes, or what was lost or never seen. Where it is
  /// more and every switch was seen, the CPU time is what was not waited; how many threads that happened to.
  uint64_t settle_waits(const WaitSettlement& how);

  /// A better name than the kernel's, which is ignored from now on. Of known threads only.
  void name_thread(pid_t pid, pid_t tid, std::string_view name);

  /// Adds the rows of what still runs, as close() would leave them; nothing changes here.
  void add_closed_rows(uint64_t time_ns, RecordingDelta& delta) const;

  void take_changes(RecordingDelta& delta);
  void count_sample(ThreadId thread) {
    ++samples_[thread.index()];
    ++segment_use_[thread.index()].samples;
  }
  /// What threads used since the last call, or the beginning; in order of their ids.
  [[nodiscard]] std::vector<ThreadUse> take_segment_use();
  /// That use is none of the recording's any more.
  void forget(const std::vector<ThreadUse>& uses);
  [[nodiscard]] const std::vector<ProcessRow>& processes() const { return processes_; }
  /// Exact, but for threads whose last words the kernel lost altogether: their samples × `period_ns`, as
  /// reports take it.
  [[nodiscard]] uint64_t total_cpu_ns(uint64_t period_ns) const;
  /// Processes with CPU time and no sample, grouped by command name; where sampling is `pooled`, only those
  /// of commands that have no sample at all.
  [[nodiscard]] std::vector<UnsampledProcess> unsampled(bool pooled) const;

 private:
  ProcessState& add_process(pid_t pid, ProcessId parent, uint64_t time_ns);
  ThreadId add_thread(ProcessState& process, pid_t tid, uint64_t time_ns);
  void name_process(const ProcessState& process, pid_t pid, std::string_view comm);
  [[nodiscard]] uint64_t relative(uint64_t time_ns) const {
    return time_ns > start_ns_ ? time_ns - start_ns_ : 0;
  }
  void changed(ProcessId id);
  void changed(ThreadId id);

  StringTable* strings_;
  ModuleTable* modules_;
  uint64_t start_ns_;
  bool redact_arguments_;
  std::unordered_map<pid_t, ProcessState> states_;  // by pid; kept after the exit until the pid is reused
  std::unordered_map<pid_t, ThreadId> thread_ids_;  // by tid, likewise (exact CPU time comes after the exit)
  std::vector<ProcessRow> processes_;
  std::vector<std::string> commands_;  // parallel to processes_
  std::vector<ThreadRow> threads_;
  std::vector<uint64_t> samples_;       // parallel to threads_
  std::vector<ThreadUse> segment_use_;  // likewise
  std::vector<ProcessId> changed_processes_;
  std::vector<ThreadId> changed_threads_;
  std::vector<bool> process_is_changed_, thread_is_changed_;
  std::vector<bool> thread_is_named_;  // by name_thread
};

}  // namespace strobe::record
