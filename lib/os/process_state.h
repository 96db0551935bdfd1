// What Strobe was started with and has to hand on unchanged to the program it runs: the signal mask, the
// ignored signals (nohup) and the descriptor limit. Captured first thing in main, before anything is changed.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace strobe::os {

struct ProcessState {
  sigset_t blocked{};   ///< of the calling thread
  sigset_t ignored{};   ///< signals whose disposition is SIG_IGN
  rlimit open_files{};  ///< RLIMIT_NOFILE

  /// As it is now, in this process.
  [[nodiscard]] static ProcessState read_current();

  /// Puts the calling process back into this state: every signal default or ignored, the mask, the limit.
  /// Async-signal-safe, for use between fork and exec.
  void restore() const;
  /// The limit alone, for a process that goes on.
  void restore_limits() const;
};

}  // namespace strobe::os
