#include "workflow/dump_states.h"

#include "os/call_state.h"

namespace strobe::workflow {

ThreadState state_of(const ThreadLook& look) {
  const bool in_call = look.blocked && look.blocked->call;
  const ThreadState call = in_call ? os::state_of_call(*look.blocked->call) : ThreadState::other;
  switch (look.kernel_state) {
    case 'R':
      return ThreadState::on_cpu;
    case 'D':
      return call == ThreadState::child ? ThreadState::child : ThreadState::disk;  // vfork(2)
    case 'T':
    case 't':
      return ThreadState::stopped;
    case 'S':
      break;
    default:
      return ThreadState::unknown;
  }
  return look.blocked ? call : ThreadState::unknown;
}

}  // namespace strobe::workflow
