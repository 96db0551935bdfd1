// Why a thread is off the CPU: one table over what can be seen of it. Tried in this order, the first that
// tells anything wins: the functions of the kernel that it sleeps in, the system call that /proc tells, the
// system call that the instructions before its program counter make. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_reader.h"
#include "model/thread_state.h"
#include "os/call_state.h"

namespace strobe::os {

/// What the kernel waits for in one of its functions.
enum class KernelWait : uint8_t {
  none,   ///< the function tells nothing: its caller may
  futex,  ///< a lock or a condition: the arguments of the call tell
  io,
  disk,
  sleep,
  child,
  lock,
  stopped,
  other,
};

/// By the function's name, without its parameters ("do_futex", "ep_poll"); clones that compilers make
/// (".isra.0", ".constprop.0") are taken for the function they are of.
[[nodiscard]] KernelWait wait_of_kernel_function(std::string_view name);

struct WaitEvidence {
  KernelWait kernel = KernelWait::none;  ///< of the innermost function of the kernel chain that tells
  char kernel_state = 'S';               ///< as /proc/PID/stat has it, where somebody looked
  std::optional<uint64_t> call;          ///< by /proc
  /// By /proc, or of the registers where the kernel chain is known.
  std::optional<std::array<uint64_t, 6>> arguments;
  Bytes code;  ///< instructions that end at the program counter; may be empty
};

struct WaitReason {
  ThreadState state = ThreadState::unknown;
  uint64_t futex = 0;             ///< address waited for; 0 none
  bool mutex_like = false;        ///< its word has the value that a contended glibc mutex has
  std::optional<int> descriptor;  ///< of the file that it waits for
  friend bool operator==(const WaitReason&, const WaitReason&) = default;
};

[[nodiscard]] WaitReason find_reason(const WaitEvidence& evidence);

/// Lock or condition, by the operation and the value that the caller expected in the word. glibc's mutexes
/// wait for 2 and its rwlocks for 3; its condition variables, semaphores and barriers for counts, by
/// FUTEX_WAIT_BITSET with an empty count; joins for a thread's id, in shared memory.
[[nodiscard]] ThreadState state_of_futex(uint64_t operation, uint64_t expected);

}  // namespace strobe::os
