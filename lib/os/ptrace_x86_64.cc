// Registers of a stopped x86-64 thread, by DWARF number.
#if defined(__x86_64__)
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <cerrno>

#include "os/ptrace.h"

namespace strobe::os::trace {

ThreadRegisters read_registers(pid_t tid) {
  ThreadRegisters result;
  user_regs_struct user{};
  iovec buffer{.iov_base = &user, .iov_len = sizeof user};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace(2) takes numbers as pointers
  const auto kind = reinterpret_cast<void*>(static_cast<long>(NT_PRSTATUS));
  if (::ptrace(PTRACE_GETREGSET, tid, kind, &buffer) != 0) return result;
  if (buffer.iov_len != sizeof user) return result;  // the kernel gives 32-bit code the i386 set
  result.valid = true;
  auto& value = result.registers.value;
  using namespace x86_64;
  value[kRax] = user.rax;
  value[kRdx] = user.rdx;
  value[kRcx] = user.rcx;
  value[kRbx] = user.rbx;
  value[kRsi] = user.rsi;
  value[kRdi] = user.rdi;
  value[kRbp] = user.rbp;
  value[kRsp] = user.rsp;
  value[kR8] = user.r8;
  value[kR9] = user.r9;
  value[kR10] = user.r10;
  value[kR11] = user.r11;
  value[kR12] = user.r12;
  value[kR13] = user.r13;
  value[kR14] = user.r14;
  value[kR15] = user.r15;
  value[kRip] = user.rip;
  // orig_rax is the call's number on the way out of a system call and negative after an interrupt.
  result.in_system_call = static_cast<int64_t>(user.orig_rax) >= 0;
  // The restart codes (-512 … -516) are the kernel's own business; a plain EINTR is seen by the program.
  result.call_interrupted = result.in_system_call && static_cast<int64_t>(user.rax) == -EINTR;
  return result;
}

}  // namespace strobe::os::trace
#endif
