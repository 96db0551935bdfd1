#include "support/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace strobe::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/// In the child, between fork and exec.
[[noreturn]] void become(std::vector<char*>& arguments, const ChildProgram::Options& options) {
  ::setpgid(0, 0);
  if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(125);
  for (const std::string& variable : options.environment) {
    const size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  if (options.file_size_limit) {
    const rlimit limit{*options.file_size_limit, *options.file_size_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
  }
  ::execvp(arguments[0], arguments.data());
  ::_exit(errno == ENOENT ? 127 : 126);
}

/// True at the end of file.
bool read_some(int fd, std::string& text) {
  char buffer[65536];
  for (;;) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size > 0) {
      text.append(buffer, static_cast<size_t>(size));
    } else if (size == 0) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
}

}  // namespace

ChildProgram::ChildProgram(const std::vector<std::string>& arguments, const Options& options) {
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) std::abort();
  if (pid_ == 0) {
    ::dup2(input.read_end.get(), 0);
    ::dup2(output.write_end.get(), 1);
    ::dup2(errors.write_end.get(), 2);
    become(raw, options);
  }
  ::setpgid(pid_, pid_);  // on both sides: whoever comes first
  process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  // The inputs of tests are smaller than a pipe's buffer: this does not block.
  if (!options.input.empty() &&
      ::write(input.write_end.get(), options.input.data(), options.input.size()) < 0) {
    std::abort();
  }
  out_ = std::move(output.read_end);
  err_ = std::move(errors.read_end);
  ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(err_.get(), F_SETFL, O_NONBLOCK);
}

ChildProgram::~ChildProgram() {
  if (reaped_) return;
  ::kill(-pid_, SIGKILL);
  reap();
}

void ChildProgram::reap() {
  int wait_status = 0;
  rusage usage{};
  while (::wait4(pid_, &wait_status, 0, &usage) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  result_.peak_kib = usage.ru_maxrss;
  result_.status = status_of(wait_status);
}

void ChildProgram::read_available() {
  if (out_.get() >= 0 && read_some(out_.get(), result_.out)) out_ = UniqueFd();
  if (err_.get() >= 0 && read_some(err_.get(), result_.err)) err_ = UniqueFd();
}

bool ChildProgram::pump(Until until, std::string_view text, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    read_available();
    if (until == Until::output && result_.out.find(text) != std::string::npos) return true;
    if (until == Until::end_of_file && out_.get() < 0 && err_.get() < 0) return true;
    const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return false;
    // A negative descriptor is skipped by poll.
    pollfd fds[] = {{out_.get(), POLLIN, 0},
                    {err_.get(), POLLIN, 0},
                    {until == Until::end_of_file ? -1 : process_.get(), POLLIN, 0}};
    ::poll(fds, 3, static_cast<int>(left.count()));
    if ((fds[2].revents & POLLIN) == 0) continue;
    read_available();
    return until == Until::end || result_.out.find(text) != std::string::npos;
  }
}

bool ChildProgram::wait_for_output(std::string_view text, milliseconds limit) {
  return pump(Until::output, text, limit);
}

ProgramResult ChildProgram::finish(milliseconds limit) {
  if (reaped_) return result_;
  if (!pump(Until::end, {}, limit)) {
    result_.timed_out = true;
    ::kill(-pid_, SIGKILL);
  }
  reap();
  read_available();
  return result_;
}

bool ChildProgram::read_to_end(milliseconds limit) { return pump(Until::end_of_file, {}, limit); }

void ChildProgram::send(int signal) const {
  if (!reaped_) ::kill(pid_, signal);
}

void ChildProgram::send_group(int signal) const {
  if (!reaped_) ::kill(-pid_, signal);
}

void become_subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::vector<std::string> find_stray_processes() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  std::vector<std::string> strays;
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (std::string pid; children >> pid;) {
    std::ifstream command("/proc/" + pid + "/comm");
    std::string name;
    std::getline(command, name);
    strays.push_back(pid + " " + name);
  }
  return strays;
}

}  // namespace strobe::test
