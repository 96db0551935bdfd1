#include "workflow/dump_states.h"

#include "os/wait_reason.h"

namespace strobe::workflow {

ThreadState state_of(const ThreadLook& look) {
  if (look.kernel_state == 'R') return ThreadState::on_cpu;
  os::WaitEvidence evidence{.kernel_state = look.kernel_state, .call = {}, .arguments = {}, .code = {}};
  if (look.blocked && look.blocked->call) {
    evidence.call = look.blocked->call;
    evidence.arguments = look.blocked->arguments;
  }
  const ThreadState state = os::find_reason(evidence).state;
  // Blocked outside of a system call: in a page fault, mostly.
  return state == ThreadState::unknown && look.blocked && look.kernel_state == 'S' ? ThreadState::other
                                                                                   : state;
}

/// Python's locks are semaphores of the C library; its conditions wait for such a lock.
ThreadState state_by_functions(ThreadState state, const std::vector<DumpedFrame>& frames) {
  if (state != ThreadState::lock && state != ThreadState::cond) return state;
  bool python_lock = false;
  for (const DumpedFrame& frame : frames) {
    if (frame.language == DumpedFrame::Language::native) {
      if (frame.function.starts_with("pthread_cond_")) return ThreadState::cond;
      python_lock = python_lock || frame.function.starts_with("PyThread_acquire_lock");
      continue;
    }
    if (state == ThreadState::lock && !python_lock) return state;
    const bool waits = frame.function == "Condition.wait" || frame.function == "wait";
    if (frame.file.ends_with("/threading.py")) return waits ? ThreadState::cond : ThreadState::lock;
    if (!frame.file.empty()) return ThreadState::lock;  // the first frame of Python code itself
  }
  return python_lock ? ThreadState::lock : state;
}

}  // namespace strobe::workflow
