// What /proc says about the tasks of a process: its threads, its child processes, a thread's run time, and
// which CPUs there are. Everything may be out of date as soon as it is read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/procfs.h"

namespace strobe::os {

/// The thread ids of a process, ascending; not_found when it does not exist.
Result<std::vector<pid_t>> list_threads(pid_t pid);

/// The child processes that one thread of `pid` has started and not yet waited for. Empty when it is gone or
/// the kernel does not tell (CONFIG_PROC_CHILDREN).
[[nodiscard]] std::vector<pid_t> list_child_processes(pid_t pid, pid_t tid);

/// The parent process, or 0 when it is not known.
[[nodiscard]] pid_t read_parent_pid(pid_t pid);

/// A thread's id (of a main thread: its process's) as its own, innermost PID namespace numbers it.
[[nodiscard]] std::optional<pid_t> read_namespace_id(pid_t pid, pid_t tid);

/// Time a thread has spent on a CPU since it was born; up to a scheduler tick behind for a running one.
[[nodiscard]] std::optional<uint64_t> read_thread_run_ns(pid_t pid, pid_t tid);

/// What the scheduler says of a thread; its time on a CPU likewise.
[[nodiscard]] std::optional<SchedStat> read_thread_schedstat(pid_t pid, pid_t tid);

/// Voluntary and forced switches of a thread since it was born.
[[nodiscard]] std::optional<std::pair<uint64_t, uint64_t>> read_thread_switches(pid_t pid, pid_t tid);
/// Pure: of /proc/PID/task/TID/status.
[[nodiscard]] std::optional<std::pair<uint64_t, uint64_t>> decode_thread_switches(std::string_view status);

/// Exact CPU time of a process with all its threads, running ones included: one call, however many there are.
[[nodiscard]] std::optional<uint64_t> read_process_run_ns(pid_t pid);

/// The numbers in a kernel CPU list such as "0-3,8\n", ascending; parts that make no sense are skipped.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

/// The CPUs that are online, at least one.
[[nodiscard]] std::vector<int> list_online_cpus();

}  // namespace strobe::os
