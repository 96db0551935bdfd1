#include "os/wait_reason.h"

#include <linux/futex.h>

#include <algorithm>

namespace strobe::os {
namespace {

struct Function {
  std::string_view name;
  KernelWait wait;
};

// Of Linux 4.18 to 6.18. Functions that wait for several kinds of thing (schedule_timeout, wait_woken,
// wait_for_completion) are not here: their callers are.
constexpr Function kFunctions[] = {
    {"futex_wait_queue", KernelWait::futex},
    {"futex_wait_queue_me", KernelWait::futex},
    {"futex_do_wait", KernelWait::futex},
    {"__futex_wait", KernelWait::futex},
    {"futex_wait", KernelWait::futex},
    {"futex_lock_pi", KernelWait::futex},
    {"futex_wait_requeue_pi", KernelWait::futex},
    {"do_futex", KernelWait::futex},
    {"io_schedule", KernelWait::disk},
    {"io_schedule_timeout", KernelWait::disk},
    {"folio_wait_bit_common", KernelWait::disk},
    {"folio_wait_bit", KernelWait::disk},
    {"wait_on_page_bit_common", KernelWait::disk},
    {"blk_mq_get_tag", KernelWait::disk},
    {"rq_qos_wait", KernelWait::disk},
    {"blkdev_issue_flush", KernelWait::disk},
    {"jbd2_log_wait_commit", KernelWait::disk},
    {"wait_transaction_locked", KernelWait::disk},
    {"file_write_and_wait_range", KernelWait::disk},
    {"vfs_fsync_range", KernelWait::disk},
    {"balance_dirty_pages", KernelWait::disk},
    {"rpc_wait_bit_killable", KernelWait::disk},
    {"request_wait_answer", KernelWait::disk},  // fuse
    {"hrtimer_nanosleep", KernelWait::sleep},
    {"do_nanosleep", KernelWait::sleep},
    {"__x64_sys_pause", KernelWait::sleep},
    {"__se_sys_pause", KernelWait::sleep},
    {"sigsuspend", KernelWait::sleep},
    {"do_wait", KernelWait::child},
    {"__do_wait", KernelWait::child},
    {"kernel_wait4", KernelWait::child},
    {"wait_for_vfork_done", KernelWait::child},
    {"do_semtimedop", KernelWait::lock},
    {"__do_semtimedop", KernelWait::lock},
    {"locks_lock_inode_wait", KernelWait::lock},
    {"flock_lock_inode_wait", KernelWait::lock},
    {"do_lock_file_wait", KernelWait::lock},
    {"do_signal_stop", KernelWait::stopped},
    {"do_jobctl_trap", KernelWait::stopped},
    {"ptrace_stop", KernelWait::stopped},
    {"ep_poll", KernelWait::io},
    {"do_epoll_wait", KernelWait::io},
    {"do_sys_poll", KernelWait::io},
    {"do_poll", KernelWait::io},
    {"do_select", KernelWait::io},
    {"core_sys_select", KernelWait::io},
    {"pipe_read", KernelWait::io},
    {"anon_pipe_read", KernelWait::io},
    {"pipe_write", KernelWait::io},
    {"anon_pipe_write", KernelWait::io},
    {"fifo_open", KernelWait::io},
    {"wait_for_partner", KernelWait::io},
    {"n_tty_read", KernelWait::io},
    {"n_tty_write", KernelWait::io},
    {"tty_read", KernelWait::io},
    {"sk_wait_data", KernelWait::io},
    {"sk_stream_wait_memory", KernelWait::io},
    {"sock_alloc_send_pskb", KernelWait::io},
    {"__skb_wait_for_more_packets", KernelWait::io},
    {"unix_stream_data_wait", KernelWait::io},
    {"unix_stream_read_generic", KernelWait::io},
    {"unix_wait_for_peer", KernelWait::io},
    {"inet_csk_accept", KernelWait::io},
    {"inet_wait_for_connect", KernelWait::io},
    {"inet_stream_connect", KernelWait::io},
    {"tcp_recvmsg", KernelWait::io},
    {"tcp_sendmsg", KernelWait::io},
    {"eventfd_read", KernelWait::io},
    {"timerfd_read", KernelWait::io},
    {"timerfd_read_iter", KernelWait::io},
    {"signalfd_read", KernelWait::io},
    {"signalfd_read_iter", KernelWait::io},
    {"inotify_read", KernelWait::io},
    {"io_cqring_wait", KernelWait::io},
    {"read_events", KernelWait::io},  // aio
    {"do_msgrcv", KernelWait::io},
    {"do_msgsnd", KernelWait::io},
    {"wq_sleep", KernelWait::io},  // POSIX message queues
    {"do_sigtimedwait", KernelWait::other},
    {"handle_userfault", KernelWait::other},
    {"do_exit", KernelWait::other},
};

WaitReason reason_of_futex(const WaitEvidence& evidence) {
  WaitReason reason{.state = ThreadState::lock};
  if (!evidence.arguments) return reason;
  const auto& arguments = *evidence.arguments;
  reason.futex = arguments[0];
  reason.state = state_of_futex(arguments[1], arguments[2]);
  reason.mutex_like = reason.state == ThreadState::lock && static_cast<uint32_t>(arguments[2]) == 2;
  return reason;
}

ThreadState state_of(KernelWait wait) {
  switch (wait) {
    case KernelWait::none:
      return ThreadState::unknown;
    case KernelWait::futex:
    case KernelWait::lock:
      return ThreadState::lock;
    case KernelWait::io:
      return ThreadState::io;
    case KernelWait::disk:
      return ThreadState::disk;
    case KernelWait::sleep:
      return ThreadState::sleep;
    case KernelWait::child:
      return ThreadState::child;
    case KernelWait::stopped:
      return ThreadState::stopped;
    case KernelWait::other:
      return ThreadState::other;
  }
  return ThreadState::unknown;
}

WaitReason reason_of_call(uint64_t number, const WaitEvidence& evidence) {
  if (is_futex(number)) return reason_of_futex(evidence);
  WaitReason reason{.state = state_of_call(number)};
  const auto argument = descriptor_argument(number);
  if (argument && evidence.arguments) {
    reason.descriptor = static_cast<int>(static_cast<uint32_t>((*evidence.arguments)[*argument]));
  }
  return reason;
}

/// "ep_poll.isra.0" is ep_poll.
std::string_view without_clone(std::string_view name) { return name.substr(0, name.find('.')); }

}  // namespace

KernelWait wait_of_kernel_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, without_clone(name), &Function::name);
  return found == std::end(kFunctions) ? KernelWait::none : found->wait;
}

ThreadState state_of_futex(uint64_t operation, uint64_t expected) {
  constexpr uint64_t kLockPi2 = 13;  // FUTEX_LOCK_PI2, since Linux 5.14
  const auto value = static_cast<uint32_t>(expected);
  switch (operation & static_cast<uint64_t>(FUTEX_CMD_MASK)) {
    case FUTEX_LOCK_PI:
    case kLockPi2:
      return ThreadState::lock;
    case FUTEX_WAIT_REQUEUE_PI:
      return ThreadState::cond;
    case FUTEX_WAIT:
      // glibc's lll_lock waits for 2, its barriers for the round, others' condition variables for a count.
      return value == 2 || value == 3 ? ThreadState::lock : ThreadState::cond;
    case FUTEX_WAIT_BITSET:
      if (value == 2 || value == 3) return ThreadState::lock;  // with a time limit; Rust's locks
      return value == 0 || (operation & FUTEX_PRIVATE_FLAG) == 0 ? ThreadState::cond : ThreadState::lock;
    default:
      return ThreadState::lock;
  }
}

WaitReason find_reason(const WaitEvidence& evidence) {
  if (evidence.kernel_state == 'T' || evidence.kernel_state == 't') return {.state = ThreadState::stopped};
  if (evidence.kernel == KernelWait::futex) return reason_of_futex(evidence);
  std::optional<uint64_t> call = evidence.call;
  if (!call) call = call_before(evidence.code);
  WaitReason reason;
  if (call) reason = reason_of_call(*call, evidence);
  if (evidence.kernel != KernelWait::none) {
    // In a page fault, say, inside of a read: the kernel knows better than the call.
    reason.state = state_of(evidence.kernel);
    return reason;
  }
  if (evidence.kernel_state == 'D' && reason.state != ThreadState::child) reason.state = ThreadState::disk;
  return reason;
}

}  // namespace strobe::os
