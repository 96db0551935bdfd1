// Starts the program under `strobe run` by a handshake: fork now, exec when the engine is ready. Between
// prepare() and release() the child waits on a pipe, so nothing of the program runs unseen and nothing is
// polled or slept for. The program's stdio, terminal, process group, environment, signal dispositions, mask
// and limits are those Strobe itself was started with; there is no parent-death signal. If Strobe dies before
// release(), the child sees the end of the pipe and exits without exec.
//
// While the ptrace engine has the child, the kernel shows every wait of this process (tracer and parent are
// one process) the child's ptrace stops as well, whatever options the wait has. So nothing here waits in a
// way that consumes a stop: looks are WNOWAIT, and reaping begins when the child is known to be a zombie. One
// thread uses an object at a time; it need not be the thread that made it.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "os/process_state.h"

namespace strobe::os {

/// Why the program could not be executed.
struct ExecFailure {
  int exit_status = 126;  ///< as a shell has it: 127 not found, 126 anything else
  Error error;
};

struct ChildExit {
  int status = 0;  ///< as a shell has it: the exit code, or 128+N after signal N
  int signal = 0;  ///< that ended it; 0: it exited
  bool core_dumped = false;
  rusage usage{};  ///< of the child and the descendants it waited for
};

/// Descriptors that the program gets as its standard streams; -1: Strobe's own. Borrowed until prepare() is
/// done.
struct LaunchStreams {
  int input = -1;
  int output = -1;
  int error = -1;
};

enum class ChildState : uint8_t { running, stopped, exited };

class LaunchedProcess {
 public:
  /// Forks the child that will execute `argv` (PATH is searched). `original` is what it is given.
  /// `search_path` is PATH, to look at the file before: a binary is never taken for a script. `environment`:
  /// "NAME=VALUE" that the program gets beside what Strobe has, or in its place.
  static Result<LaunchedProcess> prepare(std::vector<std::string> argv,
                                         const ProcessState& original = ProcessState::read_current(),
                                         const std::string& search_path = {},
                                         const LaunchStreams& streams = {},
                                         const std::vector<std::string>& environment = {});

  LaunchedProcess(LaunchedProcess&& other) noexcept;
  LaunchedProcess& operator=(LaunchedProcess&& other) noexcept;
  /// Not released: the child ends without exec and is reaped. Released: it goes on, and is reaped by init.
  ~LaunchedProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Lets the child exec and waits until it did; an ExecFailure where it could not (the child is reaped
  /// then). Somebody else must handle ptrace stops of the child meanwhile if it is traced.
  Result<std::optional<ExecFailure>> release();

  /// A descriptor that becomes readable when the child has ended, for poll(2); -1 where the kernel has none
  /// (before 5.3, or refused): look at state() now and then.
  [[nodiscard]] int exit_fd() const { return exit_fd_.get(); }

  /// A look that changes nothing: after `exited` the zombie's /proc files can still be read. `stopped` is a
  /// job-control stop, not a ptrace stop; for a traced child it is told from a sample's short stop by several
  /// looks in a row, so it takes up to 2 ms.
  [[nodiscard]] ChildState state() const;

  /// Waits until the child has ended, without reaping it; false after `timeout_ms` (negative: no limit).
  [[nodiscard]] bool wait_exit(int timeout_ms) const;

  /// Waits until the child has ended and reaps it. Once.
  Result<ChildExit> reap();

 private:
  LaunchedProcess() = default;
  void abandon();

  pid_t pid_ = -1;
  std::string program_;
  UniqueFd go_;       // write end: a byte lets the child exec, closing it makes the child exit
  UniqueFd failure_;  // read end: errno of a failed exec; end of file once exec succeeded (CLOEXEC)
  UniqueFd exit_fd_;
  bool released_ = false;
};

}  // namespace strobe::os
