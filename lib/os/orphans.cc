#include "os/orphans.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <set>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "os/open_folder.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr int kPauseMs = 2;
constexpr int kPatienceMs = 5000;  // after SIGKILL: a process stuck in the kernel is left to init

/// The children of this process that still run; /proc/PID/children is not in every kernel.
std::vector<pid_t> find_children() {
  std::vector<pid_t> children;
  const OpenFolder proc(::opendir("/proc"));
  const pid_t self = ::getpid();
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) continue;
    const auto stat = read_process_stat(pid);
    if (stat && stat->parent_pid == self && !stat->is_zombie()) children.push_back(pid);
  }
  return children;
}

/// Reaps what has ended; false when there is no child left.
bool reap_ended() {
  while (true) {
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped == 0) return true;
    if (reaped < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<OrphanKeeper> OrphanKeeper::make() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return from_errno("keep what programs leave running");
  return OrphanKeeper();
}

OrphanKeeper::~OrphanKeeper() {
  if (active_) ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

uint32_t OrphanKeeper::end_all(int grace_ms) {
  const uint64_t start_ns = monotonic_now_ns();
  std::set<pid_t> running;
  std::set<pid_t> told;
  while (reap_ended()) {
    const uint64_t passed_ms = (monotonic_now_ns() - start_ns) / kNsPerMs;
    const auto grace = static_cast<uint64_t>(grace_ms);
    if (passed_ms > grace + static_cast<uint64_t>(kPatienceMs)) break;
    const bool is_over = passed_ms >= grace;
    for (const pid_t pid : find_children()) {
      running.insert(pid);
      if (is_over) {
        ::kill(pid, SIGKILL);
      } else if (told.insert(pid).second) {
        ::kill(pid, SIGTERM);
        ::kill(pid, SIGCONT);  // a stopped one hears nothing else
      }
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = kPauseMs * static_cast<long>(kNsPerMs)};
    ::nanosleep(&pause, nullptr);
  }
  return static_cast<uint32_t>(running.size());
}

}  // namespace strobe::os
