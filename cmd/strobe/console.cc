#include "console.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "exit_status.h"
#include "report/escape.h"

namespace strobe::cli {
namespace {

/// Holds SIGPIPE back from this thread, and takes away the one a failed write left pending.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    const timespec now{};
    if (!was_pending_) {
      while (::sigtimedwait(&pipe_, nullptr, &now) == -1 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] != '\0';
}

}  // namespace

report::TextStyle style_of(int fd, ColorChoice color) {
  report::TextStyle style;
  const bool terminal = ::isatty(fd) == 1;
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  style.color = color == ColorChoice::always ||
                (color == ColorChoice::automatic && terminal && !dumb && !environment_has("NO_COLOR"));
  winsize size{};
  if (terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  return style;
}

bool write_text(int fd, std::string_view text) {
  const SigpipeBlock block;
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

int report_error(const Error& error) {
  std::string text = "strobe: " + report::printable(error.what) + '\n';
  if (!error.hint.empty()) text += "  " + report::printable(error.hint) + '\n';
  write_text(STDERR_FILENO, text);
  return kExitStrobeFailed;
}

void ConsoleDiagnostics::warn(std::string message) {
  const std::lock_guard lock(mutex_);
  if (quiet_) {
    held_back_ = std::move(message);
    return;
  }
  write_text(STDERR_FILENO, "strobe: " + report::printable(message) + '\n');
}

void ConsoleDiagnostics::print_held_back() {
  const std::lock_guard lock(mutex_);
  if (!held_back_.empty()) write_text(STDERR_FILENO, "strobe: " + report::printable(held_back_) + '\n');
  held_back_.clear();
}

}  // namespace strobe::cli
