// One look at a thread that is blocked, where it stands, through procfs: nothing is stopped or disturbed. It
// stood still all the while where the scheduler gave it no CPU in between. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "model/registers.h"
#include "os/proc_syscall.h"

namespace strobe::os {

struct BlockedLook {
  enum class Outcome : uint8_t {
    blocked,  ///< and what is here is of one moment
    runs,     ///< it had a CPU, or waited for one
    moved,    ///< it went on meanwhile
    ended,
    refused,  ///< `problem` says why
  };
  Outcome outcome = Outcome::ended;
  char kernel_state = '?';  ///< as /proc/PID/stat has it
  BlockedThread thread;     ///< where it is blocked; of `moved` it may be nonsense
  std::string problem;
};

/// `read` is called while the thread stands still as far as is known: what it reads of the thread's memory is
/// of that moment where the outcome is `blocked`. May be none.
[[nodiscard]] BlockedLook look_at_blocked(pid_t pid, pid_t tid,
                                          const std::function<void(const BlockedLook&)>& read);

/// What is known of a blocked thread's registers: stack pointer, program counter, and the arguments of its
/// system call, which the kernel leaves where they were (blocked_look_<architecture>.cc).
[[nodiscard]] Registers registers_of(const BlockedThread& thread);

}  // namespace strobe::os
