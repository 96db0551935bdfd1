#include "model/thread_state.h"

namespace strobe {

std::string_view name_of(ThreadState state) {
  switch (state) {
    case ThreadState::on_cpu:
      return "on_cpu";
    case ThreadState::lock:
      return "lock";
    case ThreadState::sleep:
      return "sleep";
    case ThreadState::io:
      return "io";
    case ThreadState::disk:
      return "disk";
    case ThreadState::child:
      return "child";
    case ThreadState::stopped:
      return "stopped";
    case ThreadState::gil:
      return "gil";
    case ThreadState::other:
      return "other";
    case ThreadState::unknown:
      return "unknown";
    case ThreadState::runnable:
      return "runnable";
    case ThreadState::cond:
      return "cond";
  }
  return "unknown";
}

}  // namespace strobe
