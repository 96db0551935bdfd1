#include "os/process_state.h"

namespace strobe::os {

ProcessState ProcessState::read_current() {
  ProcessState state;
  ::sigemptyset(&state.blocked);
  ::sigemptyset(&state.ignored);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &state.blocked);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      ::sigaddset(&state.ignored, number);
    }
  }
  ::getrlimit(RLIMIT_NOFILE, &state.open_files);
  return state;
}

void ProcessState::restore() const {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action {};
    action.sa_handler = ::sigismember(&ignored, number) == 1 ? SIG_IGN : SIG_DFL;
    ::sigaction(number, &action,
                nullptr);  // refused for SIGKILL, SIGSTOP and glibc's own two: as it should be
  }
  restore_limits();
  ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

void ProcessState::restore_limits() const { ::setrlimit(RLIMIT_NOFILE, &open_files); }

}  // namespace strobe::os
