#include "os/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr int kWatched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};

bool is_stop_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return std::any_of(std::begin(kWatched), std::end(kWatched), [&](int number) {
    return is_stop_signal(number) && ::sigismember(&pending, number) == 1;
  });
}

}  // namespace

IgnoredSignal::IgnoredSignal(int number) : number_(number) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(number_, &ignore, &before_);
}

IgnoredSignal::IgnoredSignal(IgnoredSignal&& other) noexcept
    : number_(std::exchange(other.number_, 0)), before_(other.before_) {}

IgnoredSignal::~IgnoredSignal() {
  if (number_ != 0) ::sigaction(number_, &before_, nullptr);
}

Result<SignalWatcher> SignalWatcher::make() {
  SignalWatcher watcher;
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int number : kWatched) {
    // A blocked signal is queued even where it is ignored, so an ignored one must not be blocked (nohup).
    if (::sigismember(&watcher.original_.ignored, number) != 1) ::sigaddset(&watched, number);
  }
  watcher.fd_ = UniqueFd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!watcher.fd_) return from_errno("make a signal descriptor");
  sigset_t blocked = watched;
  ::sigaddset(&blocked, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  // An ignored SIGCHLD (inherited from a careless parent) would make the kernel reap the program by itself.
  if (::sigismember(&watcher.original_.ignored, SIGCHLD) == 1) {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &usual, nullptr);
  }
  watcher.active_ = true;
  return watcher;
}

SignalWatcher::SignalWatcher(SignalWatcher&& other) noexcept
    : fd_(std::move(other.fd_)),
      original_(other.original_),
      pipe_(std::move(other.pipe_)),
      file_size_(std::move(other.file_size_)),
      active_(std::exchange(other.active_, false)) {}

SignalWatcher::~SignalWatcher() {
  if (!active_) return;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(kSnapshotSignal, &ignore, nullptr);
  while (read()) {
  }
  ::pthread_sigmask(SIG_SETMASK, &original_.blocked, nullptr);
}

std::optional<SignalEvent> SignalWatcher::read() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return SignalEvent{.number = static_cast<int>(info.ssi_signo),
                     .sender = static_cast<pid_t>(info.ssi_pid),
                     .from_kernel = info.ssi_code == SI_KERNEL};
}

void JobControl::handle(const SignalEvent& event) {
  if (is_stop_signal(event.number)) {
    last_stop_signal_ = event.number;
    last_stop_signal_ns_ = monotonic_now_ns();
  }
  if (!event.from_kernel && child_->pid() > 0) ::kill(child_->pid(), event.number);
}

bool JobControl::follow_stop() {
  if (child_->state() != ChildState::stopped) return false;
  // Only a stop that came with a stop signal to us is the job's: somebody who stops just the program (kill
  // -STOP, a debugger) continues just the program, and would leave a stopped Strobe behind.
  constexpr uint64_t kTogetherNs = 2 * kNsPerSecond;
  if (last_stop_signal_ns_ == 0 || monotonic_now_ns() - last_stop_signal_ns_ > kTogetherNs) return false;
  last_stop_signal_ns_ = 0;
  stop_self(last_stop_signal_);
  // Back. A shell continues the whole group; kill -CONT may have continued only us. A program that is stopped
  // because Ctrl-Z was typed again stays so: the same signal waits for us.
  if (child_->pid() > 0 && child_->state() == ChildState::stopped && !is_stop_pending()) {
    ::kill(child_->pid(), SIGCONT);
  }
  return true;
}

void stop_self(int number) {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, number);
  sigset_t before;
  // Only this thread lets it in, so the whole process stops before kill(2) or the unblocking returns.
  ::kill(::getpid(), number);
  ::pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace strobe::os
