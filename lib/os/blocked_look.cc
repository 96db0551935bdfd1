#include "os/blocked_look.h"

#include <optional>

#include "os/proc_tasks.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

/// How often the thread was given a CPU: it stood still where that is the same before and after.
std::optional<uint64_t> read_slices(pid_t pid, pid_t tid) {
  const auto stat = read_thread_schedstat(pid, tid);
  return stat ? std::optional(stat->slices) : std::nullopt;
}

}  // namespace

BlockedLook look_at_blocked(pid_t pid, pid_t tid, const std::function<void(const BlockedLook&)>& read) {
  using Outcome = BlockedLook::Outcome;
  BlockedLook look;
  const auto before = read_slices(pid, tid);
  const auto stat = read_stat(pid, tid);
  if (!stat || stat->is_zombie()) return look;
  look.kernel_state = stat->state;
  if (stat->state == 'R') {
    look.outcome = Outcome::runs;
    return look;
  }
  const auto blocked = read_syscall(pid, tid);
  if (!blocked) {
    look.problem = blocked.error().what;
    look.outcome = Outcome::refused;
    return look;
  }
  if (*blocked) {
    look.thread = **blocked;
    if (read) read(look);
  }
  const bool stood_still = *blocked && read_slices(pid, tid) == before;
  look.outcome = stood_still ? Outcome::blocked : Outcome::moved;
  return look;
}

}  // namespace strobe::os
