// One look at one thread, for `strobe dump`: registers, the top of its stack, Python's frames. A blocked
// thread is looked at where it stands, through procfs and its memory, and is not disturbed; only one that
// runs is stopped, for some tens of microseconds (docs/dump.md).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/python.h"
#include "model/registers.h"
#include "os/proc_syscall.h"
#include "python/locals.h"

namespace strobe::workflow {

/// ThreadLook::problem of a thread that ended before it was looked at.
inline constexpr const char* kEndedProblem = "it ended";

struct ThreadLook {
  pid_t pid = 0;
  pid_t tid = 0;
  char kernel_state = '?';                   ///< as /proc/PID/stat has it
  std::optional<os::BlockedThread> blocked;  ///< where it waits; none for one that was stopped
  bool has_registers = false;
  /// Of a blocked thread only the stack pointer, the program counter and the arguments of its system call are
  /// known, the others are 0.
  Registers registers;
  std::vector<std::byte> stack;
  bool stack_full = false;  ///< it may go on beyond `stack`
  bool has_python = false;
  PythonCapture python;
  /// Of the innermost frames of `python`, as many as were asked for.
  std::vector<python::LocalVariables> locals;
  std::string problem;      ///< why there are no registers
  uint64_t stopped_ns = 0;  ///< upper bound
};

/// Fills in Python's part of a look, while the thread stands still; may be none.
using ReadPython = std::function<void(ThreadLook&)>;

/// Looks at the threads of one process that stand still. Those that run are left for stop_and_look: they are
/// in the result with no registers and no problem.
[[nodiscard]] std::vector<ThreadLook> look_at_threads(pid_t pid, const ReadPython& read_python);

/// Stops each of the threads given that has neither registers nor a problem, looks, and lets it go on. Uses a
/// thread of its own, whose end lets go of whatever did not answer.
void stop_and_look(std::vector<ThreadLook>& looks, const ReadPython& read_python);

}  // namespace strobe::workflow
