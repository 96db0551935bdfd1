// What the tests of rights and of attaching share: programs as other users with other rights, and what /proc
// tells about a target: whether it is unharmed, whether it is at work.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "integration_fixture.h"

namespace strobe::test {

/// What a program may do; tests make it by setpriv and seccomp, never by changing the machine.
enum class Rights : uint8_t {
  root,           ///< user 0 with whatever this test has
  perfmon,        ///< an ordinary user with CAP_PERFMON and nothing else
  bpf,            ///< an ordinary user with CAP_BPF and CAP_PERFMON
  ordinary_user,  ///< no capability at all
};
[[nodiscard]] const char* name_of(Rights rights);

/// The words before a command that give it these rights; nothing where this test has just these.
[[nodiscard]] std::vector<std::string> wrapper_for(Rights rights);
/// Whether that can be done here: only root can become somebody else.
[[nodiscard]] bool can_have(Rights rights);
/// Whether perf events are allowed with these rights, by what the machine's settings say.
[[nodiscard]] bool perf_is_allowed_for(Rights rights);
/// perf_event_paranoid; what an ordinary user may do depends on it.
[[nodiscard]] int perf_event_paranoid();

/// A folder that the user of `rights` owns, with copies of programs that he can reach wherever the build is.
class UserPlace {
 public:
  /// `folder` is the test's own; it becomes accessible to everybody.
  UserPlace(const std::string& folder, Rights rights);
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Copies a program here; its new path.
  [[nodiscard]] std::string bring(const std::string& program) const;

 private:
  std::string path_;
  uid_t owner_;
};

[[nodiscard]] std::vector<pid_t> threads_of(pid_t pid);
/// Exact CPU time of a process with all its threads; negative where it is gone.
[[nodiscard]] double cpu_seconds_of(pid_t pid);
/// Waits until it has used so much more CPU time: the handshake with a program that is at work.
[[nodiscard]] bool wait_for_work(pid_t pid, double cpu_seconds);
/// Waits until all threads but `running` of a process are blocked.
[[nodiscard]] bool wait_until_blocked(pid_t pid, size_t threads, size_t running);

/// The process lives, no thread of it is stopped or traced, and it holds no perf event.
void expect_unharmed(pid_t pid);

/// Seconds of a function and its callees, with the part of the kernel's time that was not sampled: every
/// function's is less by that share where only user code is.
[[nodiscard]] double seconds_with_kernel(const nlohmann::json& report, const std::string& function);

/// `strobe attach`, started; its recording and report are attach<N>.strobe and attach<N>.json in `folder`.
class AttachedStrobe {
 public:
  struct Setup {
    std::string strobe = kStrobe;
    std::string folder;
    std::vector<std::string> wrapper;  ///< put before
    std::vector<std::string> options;
    std::vector<pid_t> pids;
  };
  explicit AttachedStrobe(const Setup& setup);

  /// Waits until it records: it gives up what rights it does not need just then (rights_test.cc).
  [[nodiscard]] bool wait_until_recording();
  [[nodiscard]] ChildProgram& program() { return program_; }
  /// Waits for its end; reads its report.
  [[nodiscard]] StrobeRun finish();
  /// Asks it to end, and waits.
  [[nodiscard]] StrobeRun interrupt();
  /// It failed: exit status 125, these words in its message, a hint below, and nothing left in its folder.
  void expect_refusal(const std::vector<std::string>& words);

 private:
  std::string base_;
  ChildProgram program_;
};

}  // namespace strobe::test
