// What /proc says about processes and threads, as values. Everything is a snapshot: the process may be gone
// with the next call, and then the answers are Errors (ErrorCode::gone) or empty. Texts are the target's own
// and may hold any byte: who prints them escapes them. All functions are free of state, from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strobe::os {

/// The fields of /proc/PID/task/TID/stat that we use.
struct ProcStat {
  pid_t id = 0;
  std::string comm;
  char state = '?';  ///< R running or runnable, S D blocked, T stopped, t ptrace stop, Z zombie, X dead
  pid_t parent_pid = 0;
  uint32_t flags = 0;         ///< PF_*: see is_kernel_thread
  uint64_t minor_faults = 0;  ///< of the group in a process's stat, of the thread in a thread's
  uint64_t major_faults = 0;
  uint64_t user_ticks = 0;  ///< of the group in a process's stat, of the thread in a thread's
  uint64_t system_ticks = 0;
  uint64_t start_ticks = 0;  ///< since boot; with the pid it names a process for good
  uint32_t cpu = 0;          ///< last ran on

  [[nodiscard]] bool is_kernel_thread() const { return (flags & 0x00200000u) != 0; }  // PF_KTHREAD
  [[nodiscard]] bool is_zombie() const { return state == 'Z' || state == 'X'; }
};

/// Pure; the name is what lies between the first '(' and the last ')', for it may hold both.
[[nodiscard]] std::optional<ProcStat> decode_stat(std::string_view text);
[[nodiscard]] Result<ProcStat> read_stat(pid_t pid, pid_t tid);  ///< of a thread; its own times
[[nodiscard]] Result<ProcStat> read_process_stat(pid_t pid);     ///< times of the whole group

struct ProcessTimes {
  uint64_t user_ns = 0;  ///< in steps of the kernel's tick, 10 ms
  uint64_t system_ns = 0;
};
/// User and system time of a process with all its threads, also those that ended.
[[nodiscard]] Result<ProcessTimes> read_process_times(pid_t pid);

/// /proc/PID/task/TID/schedstat.
struct SchedStat {
  uint64_t run_ns = 0;   ///< exact CPU time so far; up to a scheduler tick behind while it runs
  uint64_t wait_ns = 0;  ///< waited for a CPU
  uint64_t slices = 0;   ///< times it was given one
  friend bool operator==(const SchedStat&, const SchedStat&) = default;
};
[[nodiscard]] std::optional<SchedStat> decode_schedstat(std::string_view text);  ///< pure

[[nodiscard]] Result<std::string> read_comm(pid_t pid,
                                            pid_t tid);  ///< short name of a thread, without newline
/// Arguments joined by spaces, quoted for a shell where needed; "[name]" for kernel threads and zombies. At
/// most 4 KiB, longer ones end in " …".
[[nodiscard]] Result<std::string> read_command_line(pid_t pid);
/// Pure: arguments separated by NUL, as in /proc/PID/cmdline.
[[nodiscard]] std::string quote_command_line(std::string_view arguments);

/// The process a thread belongs to.
[[nodiscard]] Result<pid_t> read_thread_group(pid_t tid);

/// Whether `pid` can be a target at all: exists, is a process (not a thread id), no zombie, no kernel thread,
/// not Strobe itself. The Errors say what to do.
[[nodiscard]] Result<void> check_target(pid_t pid);
/// The Error for a refused look into (or ptrace of) `pid`; the hint names what would allow it.
[[nodiscard]] Error make_access_error(int sys_errno, pid_t pid, std::string_view what);

/// A file below /proc, whole, at most `limit` bytes.
[[nodiscard]] Result<std::string> read_proc_file(const std::string& path, size_t limit = 1 << 16);

}  // namespace strobe::os
