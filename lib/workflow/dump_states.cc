#include "workflow/dump_states.h"

#include "os/call_state.h"

namespace strobe::workflow {

ThreadState state_of(const ThreadLook& look) {
  switch (look.kernel_state) {
    case 'R':
      return ThreadState::on_cpu;
    case 'D':
      return ThreadState::disk;
    case 'T':
    case 't':
      return ThreadState::stopped;
    case 'S':
      break;
    default:
      return ThreadState::unknown;
  }
  if (!look.blocked) return ThreadState::unknown;
  return look.blocked->call ? os::state_of_call(*look.blocked->call) : ThreadState::other;
}

}  // namespace strobe::workflow
