#include "console.h"

#include <fcntl.h>
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

/// Holds back from this thread what a failed write raises (SIGPIPE; SIGXFSZ beyond the limit of file sizes),
/// and takes away what such a write left pending.
class WriteSignalBlock {
 public:
  WriteSignalBlock() {
    sigset_t pending;
    ::sigpending(&pending);
    ::sigemptyset(&raised_);
    ::sigemptyset(&blocked_);
    for (const int number : {SIGPIPE, SIGXFSZ}) {
      ::sigaddset(&blocked_, number);
      if (::sigismember(&pending, number) != 1) ::sigaddset(&raised_, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &blocked_, &before_);
  }
  WriteSignalBlock(const WriteSignalBlock&) = delete;
  WriteSignalBlock& operator=(const WriteSignalBlock&) = delete;
  ~WriteSignalBlock() {
    const timespec now{};
    const int write_errno = errno;
    while (::sigtimedwait(&raised_, nullptr, &now) > 0 || errno == EINTR) {
    }
    errno = write_errno;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t raised_{};  // by us, if at all
  sigset_t blocked_{};
  sigset_t before_{};
};

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] != '\0';
}

}  // namespace

void fill_standard_streams() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // the lowest number that is free
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

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
  const WriteSignalBlock block;
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

Result<void> write_report(int fd, std::string_view text, const std::string& name) {
  if (write_text(fd, text) || errno == EPIPE) return {};
  return from_errno("write " + name, "the report is not complete");
}

int report_error(const Error& error) {
  std::string text = "strobe: " + report::printable(error.what) + '\n';
  if (!error.hint.empty()) text += "  " + report::printable(error.hint) + '\n';
  write_text(STDERR_FILENO, text);
  return kExitStrobeFailed;
}

void ConsoleDiagnostics::warn(std::string message) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  write_text(STDERR_FILENO, "strobe: " + report::printable(message) + '\n');
}

}  // namespace strobe::cli
