#include "os/ptrace.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace strobe::os::trace {
namespace {

// NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace(2) takes numbers as pointers
void* as_data(long value) { return reinterpret_cast<void*>(value); }

Stop decode_stop(pid_t tid, int status) {
  const int signal = status & 0xff;
  switch (status >> 8) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return {.tid = tid, .event = StopEvent::fork};
    case PTRACE_EVENT_EXEC:
      return {.tid = tid, .event = StopEvent::exec};
    case PTRACE_EVENT_EXIT:
      return {.tid = tid, .event = StopEvent::exit};
    case PTRACE_EVENT_STOP:
      // SIGTRAP for an interrupt; the stopping signal while the group is stopped (ptrace(2), "Group-stop").
      return {.tid = tid, .event = signal == SIGTRAP ? StopEvent::stop : StopEvent::group_stop};
    default:
      return {.tid = tid, .event = StopEvent::signal, .signal = signal & 0x7f};
  }
}

}  // namespace

int seize(pid_t tid, const SeizeOptions& options) {
  long flags = PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
  if (options.follow_children) flags |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
  return ::ptrace(PTRACE_SEIZE, tid, nullptr, as_data(flags)) == 0 ? 0 : errno;
}

bool interrupt(pid_t tid) { return ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) == 0; }

bool resume(pid_t tid, int signal) { return ::ptrace(PTRACE_CONT, tid, nullptr, as_data(signal)) == 0; }

bool listen(pid_t tid) { return ::ptrace(PTRACE_LISTEN, tid, nullptr, nullptr) == 0; }

bool detach(pid_t tid) { return ::ptrace(PTRACE_DETACH, tid, nullptr, nullptr) == 0; }

pid_t read_event_message(pid_t tid) {
  unsigned long message = 0;
  return ::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message) == 0 ? static_cast<pid_t>(message) : 0;
}

std::optional<Stop> find_stop() {
  siginfo_t info{};
  // No WEXITED: an end is never taken from whoever it belongs to. A tracee under PTRACE_LISTEN is not shown.
  const int options = WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD;
  if (::waitid(P_ALL, 0, &info, options) != 0 || info.si_pid == 0) return std::nullopt;
  return decode_stop(info.si_pid, info.si_status);
}

namespace {

sigset_t child_signal() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  return set;
}

}  // namespace

StopNews::StopNews() {
  const sigset_t news = child_signal();
  ::pthread_sigmask(SIG_BLOCK, &news, &before_);
}

StopNews::~StopNews() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void StopNews::wait(uint64_t limit_ns) const {
  const sigset_t news = child_signal();
  const timespec limit{.tv_sec = static_cast<time_t>(limit_ns / 1'000'000'000),
                       .tv_nsec = static_cast<long>(limit_ns % 1'000'000'000)};
  static_cast<void>(::sigtimedwait(&news, nullptr, &limit));
}

bool collect_lost(pid_t tid, bool keep) {
  // Looked at first, and only an end is consumed: the stops of a tracee are reported here too, whatever the
  // options say (wait_task_stopped in kernel/exit.c), and a stop consumed here would never be seen again.
  const int options = WEXITED | WNOHANG | __WALL | __WNOTHREAD;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(tid), &info, options | WNOWAIT) != 0) return errno == ECHILD;
  if (info.si_pid == 0 || info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) return false;
  if (!keep) static_cast<void>(::waitid(P_PID, static_cast<id_t>(tid), &info, options));
  return true;
}

}  // namespace strobe::os::trace
