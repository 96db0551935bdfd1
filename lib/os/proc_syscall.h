// /proc/PID/task/TID/syscall: what a thread that is blocked waits in, with its user stack pointer and program
// counter (proc(5)); it is neither stopped nor disturbed. Needs the right to ptrace it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace strobe::os {

struct BlockedThread {
  std::optional<uint64_t> call;  ///< number of the system call; none where it waits outside of one
  std::array<uint64_t, 6> arguments{};
  uint64_t stack_pointer = 0;
  uint64_t program_counter = 0;
};

/// Pure; nullopt for "running" and for what is not understood.
[[nodiscard]] std::optional<BlockedThread> decode_syscall(std::string_view text);
/// nullopt while the thread runs.
[[nodiscard]] Result<std::optional<BlockedThread>> read_syscall(pid_t pid, pid_t tid);

}  // namespace strobe::os
