// The ptrace calls that the ptrace engine needs, and nothing that changes a target: no writing of memory or
// registers. The kernel ties a tracee to the *thread* that seized it; all calls come from that one.
//
// Two kernel facts shape this interface (Linux 3.4+ for PTRACE_SEIZE):
// 1. PTRACE_DETACH works on stopped tracees only, and stopping a thread that is blocked in epoll_wait and the
//    like makes the call return EINTR. A tracer thread that ends detaches everything without stopping it. So
//    the tracer is a thread of its own, and its end is the way to let go.
// 2. A stop is looked at with WNOWAIT and never consumed: consuming clears the tracee's pending signal in the
//    kernel, and a Strobe that is killed just then would swallow it. An unconsumed stop of a tracer that dies
//    delivers its signal.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/registers.h"

namespace strobe::os::trace {

enum class StopEvent : uint8_t {
  signal,      ///< a signal is about to be delivered: resume with it
  group_stop,  ///< job-control stop: listen() keeps it stopped as it should be
  stop,        ///< after interrupt(), at a new thread's first moment, or after SIGCONT
  fork,        ///< a process or thread was born (fork, vfork, clone): read_event_message gives its id
  exec,        ///< the message is the id the thread had before
  exit,        ///< about to end; everything of it can still be read
};

struct Stop {
  pid_t tid = 0;
  StopEvent event = StopEvent::signal;
  int signal = 0;  ///< to deliver, with StopEvent::signal
};

struct SeizeOptions {
  bool follow_children = true;  ///< processes born by fork and vfork are traced from their first instruction
};

/// Makes the thread a tracee without stopping it; threads born from it are traced as well. Returns 0 or
/// errno.
[[nodiscard]] int seize(pid_t tid, const SeizeOptions& options);
/// Asks a running thread to stop; it reports StopEvent::stop later. False when it is gone.
bool interrupt(pid_t tid);
/// Lets a stopped thread go on, delivering `signal` (0 none). False when it is gone.
bool resume(pid_t tid, int signal);
bool listen(pid_t tid);  ///< leaves a group-stopped thread stopped, but attached to SIGCONT
bool detach(pid_t tid);  ///< of a stopped thread: lets go of it and lets it run
[[nodiscard]] pid_t read_event_message(pid_t tid);

/// The stop of some tracee of this thread, not consumed: it is seen again until the tracee is resumed.
[[nodiscard]] std::optional<Stop> find_stop();

/// Lets a tracer sleep until a tracee stops: every stop raises SIGCHLD. Made in the thread that starts the
/// tracer's, before it, so that all threads there are have the signal blocked and none takes it away; its end
/// restores that thread's mask.
class StopNews {
 public:
  StopNews();
  StopNews(const StopNews&) = delete;
  StopNews& operator=(const StopNews&) = delete;
  ~StopNews();
  /// Until something of a tracee may have changed, or the time is over; any thread.
  void wait(uint64_t limit_ns) const;

 private:
  sigset_t before_{};
};

/// Whether a tracee has ended without reporting StopEvent::exit, or is no tracee any more. Collects it,
/// unless `keep` (for a child of this process, which its owner collects).
[[nodiscard]] bool collect_lost(pid_t tid, bool keep);

struct ThreadRegisters {
  bool valid = false;  ///< false for 32-bit code
  Registers registers;
  bool in_system_call = false;    ///< stopped on the way out of one
  bool call_interrupted = false;  ///< that call returns EINTR to the program
};
/// Of a stopped thread (ptrace_<architecture>.cc).
[[nodiscard]] ThreadRegisters read_registers(pid_t tid);

}  // namespace strobe::os::trace
