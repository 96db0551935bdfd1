// What a thread does at a moment, or did in a stretch of time: the one list for all of Strobe. A thread's
// states add up to its life.
#pragma once

#include <cstdint>
#include <string_view>

namespace strobe {

/// As far as the scheduler, the kernel's stack and the system call tell; never a guess.
enum class ThreadState : uint8_t {
  on_cpu,    ///< running (of a single look: or ready to)
  lock,      ///< waits for a lock
  sleep,     ///< until a time
  io,        ///< waits for a file, socket, pipe or terminal
  disk,      ///< uninterruptible: storage, mostly
  child,     ///< waits for a process
  stopped,   ///< by job control or a debugger
  gil,       ///< waits for Python's global interpreter lock
  other,     ///< in another system call
  unknown,   ///< it may not be asked, or nobody looked
  runnable,  ///< could run, and waits for a CPU
  cond,      ///< waits for a condition: a condition variable, semaphore, barrier, join, queue
};
inline constexpr int kThreadStateCount = 12;

/// As text and JSON spell it: "on_cpu", "runnable", …
[[nodiscard]] std::string_view name_of(ThreadState state);

}  // namespace strobe
