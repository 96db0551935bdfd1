#if defined(__x86_64__)
#include <array>

#include "os/blocked_look.h"

namespace strobe::os {

/// syscall(2). One of them is where vfork keeps the address that it returns to.
Registers registers_of(const BlockedThread& thread) {
  constexpr std::array kArguments = {x86_64::kRdi, x86_64::kRsi, x86_64::kRdx,
                                     x86_64::kR10, x86_64::kR8,  x86_64::kR9};
  Registers registers;
  registers.value[x86_64::kRsp] = thread.stack_pointer;
  registers.value[x86_64::kRip] = thread.program_counter;
  for (size_t i = 0; thread.call && i < kArguments.size(); ++i) {
    registers.value[kArguments[i]] = thread.arguments[i];
  }
  return registers;
}

}  // namespace strobe::os
#endif
