// Strobe's own signals while it records, read from a descriptor instead of interrupting anything.
//
// Policy under `run` (JobControl applies it): Strobe and the program share a process group, so what the
// terminal sends (Ctrl-C, Ctrl-\, Ctrl-Z, hang-up: si_code SI_KERNEL) has reached the program already, and
// Strobe only waits for what it makes of it. What somebody sends to Strobe alone with kill(2) is passed on to
// the program, but for SIGUSR1, which asks Strobe for a snapshot. (kill(2) to the whole group cannot be told
// from that: the program then gets it twice.) When the program is stopped, Strobe stops itself, so that the
// shell sees a stopped job, and goes on with it. Signals that were ignored when Strobe was started (nohup,
// background jobs of scripts) are left alone. SIGCHLD is blocked but not read here: the ptrace engine takes
// it with sigtimedwait; the child's end is seen at LaunchedProcess::exit_fd(). Thread rule: made in main
// before any other thread, so that all threads inherit the mask.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "os/launch.h"
#include "os/process_state.h"

namespace strobe::os {

struct SignalEvent {
  int number = 0;
  pid_t sender = 0;          ///< 0 for the kernel
  bool from_kernel = false;  ///< the terminal's: the whole process group has it
};

/// Ignores a signal for as long as it lives, in the whole process.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int number);
  IgnoredSignal(IgnoredSignal&& other) noexcept;
  IgnoredSignal& operator=(IgnoredSignal&&) = delete;
  ~IgnoredSignal();

 private:
  int number_;  ///< 0: moved from
  struct sigaction before_ {};
};

class SignalWatcher {
 public:
  /// Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU and SIGCHLD for
  /// this thread and those made later, and ignores SIGPIPE and SIGXFSZ (a write beyond the file size limit
  /// is an error then, and not the end).
  static Result<SignalWatcher> make();
  SignalWatcher(SignalWatcher&& other) noexcept;
  SignalWatcher& operator=(SignalWatcher&&) = delete;
  /// Puts mask, SIGPIPE and SIGXFSZ back (call on the thread that made it). Signals that came and were not
  /// read are dropped: they were meant for what has just ended. A snapshot signal that comes later is
  /// ignored: it must not end a Strobe that is about to print its report.
  ~SignalWatcher();

  /// Readable when read() has something.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next signal; nullopt when there is none. Never blocks.
  [[nodiscard]] std::optional<SignalEvent> read();
  /// What Strobe was started with, for LaunchedProcess::prepare.
  [[nodiscard]] const ProcessState& original() const { return original_; }

 private:
  SignalWatcher() = default;

  UniqueFd fd_;
  ProcessState original_ = ProcessState::read_current();  ///< before the members below change it
  IgnoredSignal pipe_{SIGPIPE};
  IgnoredSignal file_size_{SIGXFSZ};
  bool active_ = false;
};

[[nodiscard]] constexpr bool is_stop_signal(int number) {
  return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}
/// Asks Strobe for a report of what was recorded so far; never passed on to the program.
inline constexpr int kSnapshotSignal = SIGUSR1;
/// Asks Strobe to end the recording (attach), or is the program's business (run).
[[nodiscard]] constexpr bool is_ending_signal(int number) {
  return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

/// Applies the policy above between Strobe and the program it runs. Borrows the process.
class JobControl {
 public:
  explicit JobControl(const LaunchedProcess& child) : child_(&child) {}

  /// Passes `event` on where it was meant for Strobe alone.
  void handle(const SignalEvent& event);
  /// To be called after signals and every 100 ms or so while the program runs: where it was stopped, stops
  /// Strobe as well and returns once both go on; true if it did.
  bool follow_stop();

 private:
  const LaunchedProcess* child_;
  int last_stop_signal_ = 0;
  uint64_t last_stop_signal_ns_ = 0;
};

/// Stops Strobe by that stop signal, which it has blocked: the shell then says of the job what it says of any
/// other. For attach: the terminal's Ctrl-Z is meant for Strobe itself (the target is none of the terminal's
/// business). Returns when Strobe is continued.
void stop_self(int number);

}  // namespace strobe::os
