// System calls of x86-64 that block, by what they wait for.
#if defined(__x86_64__)
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "os/call_state.h"

namespace strobe::os {
namespace {

struct Call {
  uint64_t number;
  ThreadState state;
};

// vfork and clone wait, if at all, until a child that borrows their memory ends or executes a program.
constexpr std::array kCalls = {
    Call{SYS_futex, ThreadState::lock},         Call{SYS_semop, ThreadState::lock},
    Call{SYS_semtimedop, ThreadState::lock},    Call{SYS_flock, ThreadState::lock},
    Call{SYS_nanosleep, ThreadState::sleep},    Call{SYS_clock_nanosleep, ThreadState::sleep},
    Call{SYS_pause, ThreadState::sleep},        Call{SYS_wait4, ThreadState::child},
    Call{SYS_waitid, ThreadState::child},       Call{SYS_read, ThreadState::io},
    Call{SYS_write, ThreadState::io},           Call{SYS_readv, ThreadState::io},
    Call{SYS_writev, ThreadState::io},          Call{SYS_pread64, ThreadState::io},
    Call{SYS_pwrite64, ThreadState::io},        Call{SYS_sendfile, ThreadState::io},
    Call{SYS_splice, ThreadState::io},          Call{SYS_poll, ThreadState::io},
    Call{SYS_ppoll, ThreadState::io},           Call{SYS_select, ThreadState::io},
    Call{SYS_pselect6, ThreadState::io},        Call{SYS_epoll_wait, ThreadState::io},
    Call{SYS_epoll_pwait, ThreadState::io},     Call{SYS_accept, ThreadState::io},
    Call{SYS_accept4, ThreadState::io},         Call{SYS_connect, ThreadState::io},
    Call{SYS_recvfrom, ThreadState::io},        Call{SYS_recvmsg, ThreadState::io},
    Call{SYS_recvmmsg, ThreadState::io},        Call{SYS_sendto, ThreadState::io},
    Call{SYS_sendmsg, ThreadState::io},         Call{SYS_io_getevents, ThreadState::io},
    Call{SYS_io_uring_enter, ThreadState::io},  Call{SYS_msgrcv, ThreadState::io},
    Call{SYS_mq_timedreceive, ThreadState::io}, Call{SYS_fsync, ThreadState::disk},
    Call{SYS_fdatasync, ThreadState::disk},     Call{SYS_vfork, ThreadState::child},
    Call{SYS_clone, ThreadState::child},        Call{SYS_clone3, ThreadState::child},
};

}  // namespace

ThreadState state_of_call(uint64_t number) {
  const auto found = std::ranges::find(kCalls, number, &Call::number);
  return found == kCalls.end() ? ThreadState::other : found->state;
}

bool is_futex(uint64_t number) { return number == SYS_futex; }

std::optional<size_t> descriptor_argument(uint64_t number) {
  switch (number) {
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_flock:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_io_uring_enter:
    case SYS_mq_timedreceive:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_sendfile:  // of the two, the one that is written
    case SYS_splice:
      return 0;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> call_before(Bytes code) {
  constexpr size_t kSyscall = 2;  // 0f 05
  constexpr size_t kLoad = 5;     // b8 imm32: mov eax, imm32
  constexpr size_t kClear = 2;    // 31 c0: xor eax, eax
  const auto at = [&](size_t from_end) { return std::to_integer<uint8_t>(code[code.size() - from_end]); };
  if (code.size() < kSyscall + kClear || at(2) != 0x0f || at(1) != 0x05) return std::nullopt;
  if (at(4) == 0x31 && at(3) == 0xc0) return 0;
  if (code.size() < kSyscall + kLoad || at(7) != 0xb8) return std::nullopt;
  return uint64_t{at(6)} | uint64_t{at(5)} << 8 | uint64_t{at(4)} << 16 | uint64_t{at(3)} << 24;
}

}  // namespace strobe::os
#endif
