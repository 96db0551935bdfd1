// A program that a test starts, talks to and waits for: its output through pipes, its end through a pidfd,
// every wait with a time limit. Not for programs that need a terminal. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace strobe::test {

/// What is left of a program that ended.
struct ProgramResult {
  int status = -1;         ///< as a shell has it: exit status, or 128+N after signal N
  bool timed_out = false;  ///< it had to be killed
  long peak_kib = 0;       ///< resident memory at most, of it or of what it started, as wait4 says
  std::string out;
  std::string err;
};

class ChildProgram {
 public:
  struct Options {
    std::string folder;                       ///< working directory; empty: the test's
    std::string input;                        ///< on its stdin, then end of file
    std::vector<std::string> environment;     ///< NAME=value, added to the test's
    std::optional<uint64_t> file_size_limit;  ///< RLIMIT_FSIZE, with SIGXFSZ ignored
  };

  /// Starts `arguments` in a process group of its own. A program that cannot be executed ends with 127.
  explicit ChildProgram(const std::vector<std::string>& arguments) : ChildProgram(arguments, Options{}) {}
  ChildProgram(const std::vector<std::string>& arguments, const Options& options);
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;
  ~ChildProgram();  ///< kills its process group, and reaps it, where it still runs

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& out() const { return result_.out; }
  [[nodiscard]] const std::string& err() const { return result_.err; }

  /// Reads its output until stdout contains `text`; false where it ends, or the time, before.
  bool wait_for_output(std::string_view text, std::chrono::milliseconds limit = kPatience);
  /// Waits for its end; kills its process group when the time is over.
  ProgramResult finish(std::chrono::milliseconds limit = kPatience);
  /// After finish(): reads until nobody holds its stdout and stderr any more, that is, until the programs
  /// that it started have ended as well. False where the time is over before.
  bool read_to_end(std::chrono::milliseconds limit = kPatience);

  void send(int signal) const;        ///< to it alone
  void send_group(int signal) const;  ///< to its process group, as a terminal does

  static constexpr std::chrono::milliseconds kPatience{60'000};

 private:
  enum class Until { output, end, end_of_file };
  bool pump(Until until, std::string_view text, std::chrono::milliseconds limit);
  void read_available();
  void reap();

  pid_t pid_ = -1;
  bool reaped_ = false;
  UniqueFd process_;
  UniqueFd out_;
  UniqueFd err_;
  ProgramResult result_;
};

/// The live children of this process, "PID command" each; those that ended are reaped. With
/// become_subreaper(), orphans of programs that ended before are among them.
[[nodiscard]] std::vector<std::string> find_stray_processes();
void become_subreaper();

/// Calls `condition` every few milliseconds until it holds; false where the time is over before.
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::milliseconds limit = ChildProgram::kPatience);

}  // namespace strobe::test

#include <thread>

template <class Condition>
bool strobe::test::wait_until(Condition condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}
