#include "os/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

struct Pipe {
  UniqueFd read_end, write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return from_errno("make a pipe for the program");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Bytes read before the end of the pipe; EINTR is no end.
ssize_t read_fully(int fd, void* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, static_cast<char*>(out) + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

/// The file that `program` means, with `path` the variable PATH, as shells search it: the first that may be
/// executed, else the first there is; empty where there is none. Folders that may not be entered have none,
/// while execvp(3) would call the program forbidden for them.
std::string find_program(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return program;
  std::string forbidden;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    std::string file = (folder.empty() ? "." : folder) + "/" + program;
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      if (::access(file.c_str(), X_OK) == 0) return file;
      if (forbidden.empty()) forbidden = std::move(file);
    }
    begin = end + 1;
  }
  return forbidden;
}

/// A file whose first line holds a zero byte is no script: execvp(3) would give it to sh all the same, which
/// complains of words in it. Shells look at files in the same way.
bool is_binary(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  char text[256];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : 0;
  const std::string_view start(text, size > 0 ? static_cast<size_t>(size) : 0);
  return start.substr(0, start.find('\n')).find('\0') != std::string_view::npos;
}

void place_streams(const LaunchStreams& streams) {
  if (streams.input >= 0) ::dup2(streams.input, STDIN_FILENO);
  if (streams.output >= 0) ::dup2(streams.output, STDOUT_FILENO);
  if (streams.error >= 0) ::dup2(streams.error, STDERR_FILENO);
}

/// What is to be executed.
struct Image {
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* file = nullptr;  ///< empty where there is none
  bool script = false;         ///< may lack the line that names its interpreter
};

/// Our own variables with `added` beside them, or in the place of those of the same name; all borrowed.
std::vector<char*> make_environment(std::vector<std::string>& added) {
  std::vector<char*> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto name = text.substr(0, text.find('=') + 1);
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& other) {
      return !name.empty() && other.starts_with(name);
    });
    if (!replaced) variables.push_back(*variable);
  }
  for (std::string& variable : added) variables.push_back(variable.data());
  variables.push_back(nullptr);
  return variables;
}

/// The child between fork and exec: async-signal-safe calls only.
[[noreturn]] void run_child(const Image& image, const LaunchStreams& streams, Pipe& go, Pipe& failure,
                            const ProcessState& original) {
  ::close(go.write_end.get());  // else our own copy would hide the end of the pipe when Strobe dies
  ::close(failure.read_end.get());
  char byte = 0;
  if (read_fully(go.read_end.get(), &byte, 1) != 1) ::_exit(125);
  original.restore();
  place_streams(streams);
  if (image.file[0] == '\0') {
    errno = ENOENT;
  } else if (image.script) {
    ::execvpe(image.file, image.argv, image.environment);
  } else {
    ::execve(image.file, image.argv, image.environment);
  }
  const int sys_errno = errno;
  // A reader that is gone must not turn into a SIGPIPE: the exit status says enough then.
  ::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(!::write(failure.write_end.get(), &sys_errno, sizeof sys_errno));
  ::_exit(sys_errno == ENOENT ? 127 : 126);
}

std::string exec_hint(int sys_errno, const std::string& program) {
  const bool has_slash = program.find('/') != std::string::npos;
  switch (sys_errno) {
    case ENOENT:
      return has_slash ? "check the path (for a script: also that its interpreter exists)"
                       : "no directory of PATH has it; give a path such as ./" + program;
    case EACCES:
      return "it has to be a file with execute permission (chmod +x)";
    case ENOEXEC:
      return "it is no program of this machine's format";
    case E2BIG:
      return "arguments and environment together are too long";
    default:
      return {};
  }
}

UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

void sleep_ns(uint64_t ns) {
  const timespec pause{.tv_sec = static_cast<time_t>(ns / kNsPerSecond),
                       .tv_nsec = static_cast<long>(ns % kNsPerSecond)};
  ::nanosleep(&pause, nullptr);
}

/// The child's state as wait sees it, consuming nothing; nullopt for "no news".
std::optional<int> peek_code(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0)
    return CLD_EXITED;
  if (info.si_pid == 0) return std::nullopt;
  return info.si_code;
}

}  // namespace

Result<LaunchedProcess> LaunchedProcess::prepare(std::vector<std::string> argv, const ProcessState& original,
                                                 const std::string& search_path, const LaunchStreams& streams,
                                                 const std::vector<std::string>& environment) {
  if (argv.empty() || argv[0].empty()) return fail(ErrorCode::invalid_argument, "no program to run");
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  for (std::string& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::vector<std::string> added = environment;
  std::vector<char*> variables = make_environment(added);
  auto go = make_pipe();
  if (!go) return pass(std::move(go));
  auto failure = make_pipe();
  if (!failure) return pass(std::move(failure));

  const std::string file = find_program(argv[0], search_path);
  const bool script = !file.empty() && !is_binary(file);
  const pid_t pid = ::fork();
  if (pid < 0) return from_errno("fork");
  if (pid == 0) {
    run_child({pointers.data(), variables.data(), file.c_str(), script}, streams, *go, *failure, original);
  }

  LaunchedProcess process;
  process.pid_ = pid;
  process.program_ = argv[0];
  process.go_ = std::move(go->write_end);
  process.failure_ = std::move(failure->read_end);
  process.exit_fd_ = open_pidfd(pid);
  return process;
}

LaunchedProcess::LaunchedProcess(LaunchedProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      program_(std::move(other.program_)),
      go_(std::move(other.go_)),
      failure_(std::move(other.failure_)),
      exit_fd_(std::move(other.exit_fd_)),
      released_(other.released_) {}

LaunchedProcess& LaunchedProcess::operator=(LaunchedProcess&& other) noexcept {
  if (this != &other) {
    abandon();
    pid_ = std::exchange(other.pid_, -1);
    program_ = std::move(other.program_);
    go_ = std::move(other.go_);
    failure_ = std::move(other.failure_);
    exit_fd_ = std::move(other.exit_fd_);
    released_ = other.released_;
  }
  return *this;
}

LaunchedProcess::~LaunchedProcess() { abandon(); }

void LaunchedProcess::abandon() {
  if (pid_ < 0 || released_) return;
  go_.reset();
  static_cast<void>(reap());
}

Result<std::optional<ExecFailure>> LaunchedProcess::release() {
  if (pid_ < 0 || released_) return fail(ErrorCode::invalid_argument, "the program was released before");
  const char byte = 1;
  // The child holds the read end for as long as it lives, so this fails (with SIGPIPE, which the caller
  // ignores, or EPIPE) only where somebody killed it: it is reaped like any other end then.
  const bool told = ::write(go_.get(), &byte, 1) == 1;
  released_ = true;
  go_.reset();
  int sys_errno = 0;
  const bool failed = told && read_fully(failure_.get(), &sys_errno, sizeof sys_errno) == sizeof sys_errno;
  failure_.reset();
  if (!failed) return std::optional<ExecFailure>();
  static_cast<void>(reap());
  return std::optional(
      ExecFailure{.exit_status = sys_errno == ENOENT ? 127 : 126,
                  .error = make_errno_error(sys_errno, "run " + program_, exec_hint(sys_errno, program_))});
}

ChildState LaunchedProcess::state() const {
  if (pid_ < 0) return ChildState::exited;
  // A sample's stop lasts some 0.1 ms: five looks in 2 ms do not all meet one.
  for (int look = 0; look < 5; ++look) {
    const std::optional<int> code = peek_code(pid_);
    if (code == CLD_STOPPED) return ChildState::stopped;
    if (code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED) return ChildState::exited;
    const auto stat = read_stat(pid_, pid_);
    if (!stat || stat->state != 't') return ChildState::running;
    sleep_ns(400'000);
  }
  return ChildState::stopped;
}

bool LaunchedProcess::wait_exit(int timeout_ms) const {
  const uint64_t start_ns = monotonic_now_ns();
  const auto limit_ns = static_cast<uint64_t>(std::max(timeout_ms, 0)) * 1'000'000;
  while (pid_ >= 0) {
    const std::optional<int> code = peek_code(pid_);
    if (code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED) return true;
    const uint64_t passed_ns = monotonic_now_ns() - start_ns;
    if (timeout_ms >= 0 && passed_ns >= limit_ns) return false;
    const int left_ms = timeout_ms < 0 ? -1 : static_cast<int>((limit_ns - passed_ns) / 1'000'000) + 1;
    if (exit_fd_) {
      pollfd poller{.fd = exit_fd_.get(), .events = POLLIN, .revents = 0};
      ::poll(&poller, 1, left_ms);
      if ((poller.revents & POLLIN) != 0 && !peek_code(pid_))
        sleep_ns(100'000);  // zombie, tracer still has it
    } else {
      sleep_ns(1'000'000);
    }
  }
  return true;
}

Result<ChildExit> LaunchedProcess::reap() {
  if (pid_ < 0) return fail(ErrorCode::invalid_argument, "the program was reaped before");
  static_cast<void>(wait_exit(-1));
  int status = 0;
  ChildExit result;
  pid_t reaped = 0;
  do {
    reaped = ::wait4(pid_, &status, 0, &result.usage);
  } while (reaped < 0 && errno == EINTR);
  if (reaped < 0) return from_errno("wait for " + program_);
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    result.signal = WTERMSIG(status);
    result.status = 128 + result.signal;
    result.core_dumped = WCOREDUMP(status);
  } else {
    result.status = WEXITSTATUS(status);
  }
  return result;
}

}  // namespace strobe::os
