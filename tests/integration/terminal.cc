#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

namespace strobe::test {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// No echo, or typed words would be found; line feeds as they are.
void set_modes(int terminal, unsigned short columns) {
  termios modes{};
  ::tcgetattr(terminal, &modes);
  modes.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOCTL);
  modes.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  ::tcsetattr(terminal, TCSANOW, &modes);
  const winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal, TIOCSWINSZ, &size);
}

/// In the child: a session with this terminal, then the shell.
[[noreturn]] void become_shell(const std::string& name, const Terminal::Options& options) {
  ::setsid();
  const int terminal = ::open(name.c_str(), O_RDWR);
  if (terminal < 0 || ::ioctl(terminal, TIOCSCTTY, 0) != 0) ::_exit(125);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(terminal, fd);
  if (terminal > 2) ::close(terminal);
  if (::chdir(options.folder.c_str()) != 0) ::_exit(125);
  for (const std::string& variable : options.environment) {
    const size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  for (const char* prompt : {"PS1", "PS2", "PROMPT_COMMAND", "HISTFILE"}) ::setenv(prompt, "", 1);
  ::execlp("bash", "bash", "--norc", "--noprofile", "--noediting", "-i", static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

Terminal::Terminal(const Options& options) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  if (!master_ || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0) std::abort();
  const std::string name = ::ptsname(master_.get());
  set_modes(master_.get(), options.columns);
  shell_ = ::fork();
  if (shell_ < 0) std::abort();
  if (shell_ == 0) become_shell(name, options);
}

Terminal::~Terminal() {
  hang_up();
  const bool ended =
      wait_until([this] { return ::waitpid(shell_, nullptr, WNOHANG) != 0; }, milliseconds(5000));
  if (ended) return;
  ::kill(shell_, SIGKILL);
  ::waitpid(shell_, nullptr, 0);
}

void Terminal::type(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(master_.get(), text.data(), text.size());
    if (written <= 0) return;  // hung up: what is waited for will not appear
    text.remove_prefix(static_cast<size_t>(written));
  }
}

bool Terminal::read_some(milliseconds limit) {
  pollfd fd{master_.get(), POLLIN, 0};
  if (::poll(&fd, 1, static_cast<int>(limit.count())) <= 0) return false;
  char buffer[4096];
  const ssize_t size = ::read(master_.get(), buffer, sizeof buffer);
  if (size <= 0) return false;
  seen_.append(buffer, static_cast<size_t>(size));
  return true;
}

bool Terminal::wait_for(std::string_view text, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    const size_t found = seen_.find(text, position_);
    if (found != std::string::npos) {
      position_ = found + text.size();
      return true;
    }
    const auto left = duration_cast<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return false;
  }
}

long Terminal::wait_for_number(std::string_view text) {
  if (!wait_for(text)) return -1;
  const size_t begin = position_;
  if (!wait_for("\n")) return -1;
  return std::strtol(seen_.c_str() + begin, nullptr, 10);
}

}  // namespace strobe::test
