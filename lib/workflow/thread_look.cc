#include "workflow/thread_look.h"

#include <fmt/format.h>

#include <cerrno>
#include <thread>

#include "base/clock.h"
#include "os/blocked_look.h"
#include "os/own_priority.h"
#include "os/proc_tasks.h"
#include "os/process_memory.h"
#include "os/procfs.h"
#include "os/ptrace.h"

namespace strobe::workflow {
namespace {

constexpr size_t kStackBytes = 128 * 1024;  // the rest is read while unwinding, where it is needed
constexpr int kTries = 5;                   // of a thread that wakes up while it is looked at
constexpr uint64_t kStopPatienceNs = 500'000'000;
constexpr uint64_t kSpinNs = 300'000;    // one that has a CPU stops sooner than we would be woken
constexpr uint64_t kWaitNs = 1'000'000;  // between looks whether it ended instead

void read_stack(ThreadLook& look) {
  look.stack.resize(kStackBytes);
  const size_t size = os::ProcessMemory(look.pid).read_some(look.registers.value[x86_64::kRsp], look.stack);
  look.stack_full = size == look.stack.size();
  look.stack.resize(size);
}

enum class Outcome : uint8_t { done, moved, runs };

Outcome look_once(ThreadLook& look, const ReadPython& read_python) {
  look.blocked.reset();  // of an earlier look
  const auto seen = os::look_at_blocked(look.pid, look.tid, [&](const os::BlockedLook& blocked) {
    look.blocked = blocked.thread;
    look.registers = os::registers_of(blocked.thread);
    read_stack(look);
    if (read_python) read_python(look);
  });
  look.kernel_state = seen.kernel_state;
  switch (seen.outcome) {
    case os::BlockedLook::Outcome::runs:
      return Outcome::runs;
    case os::BlockedLook::Outcome::moved:
      return Outcome::moved;
    case os::BlockedLook::Outcome::ended:
      look.problem = kEndedProblem;
      return Outcome::done;
    case os::BlockedLook::Outcome::refused:
      look.problem = seen.problem;
      return Outcome::done;
    case os::BlockedLook::Outcome::blocked:
      break;
  }
  look.has_registers = look.blocked->stack_pointer != 0;
  if (!look.has_registers) look.problem = "it has no user stack";
  return Outcome::done;
}

/// Why the thread cannot be traced. One that is about to end is refused like one of another user.
std::string seize_problem(const ThreadLook& look, int error) {
  const auto stat = os::read_stat(look.pid, look.tid);
  if (error == ESRCH || !stat || stat->is_zombie()) return kEndedProblem;
  const Error refused = os::make_access_error(error, look.pid, "look at a running thread of");
  return refused.what + (refused.hint.empty() ? "" : "; " + refused.hint);
}

/// The stops of this thread's tracees, until all of them were looked at or the time is over.
class Stopper {
 public:
  Stopper(std::vector<ThreadLook>& looks, const ReadPython& read_python, const os::trace::StopNews& news)
      : looks_(&looks), read_python_(&read_python), news_(&news) {}

  void run() {
    for (ThreadLook& look : *looks_) {
      if (!look.has_registers && look.problem.empty()) stop(look);
    }
  }

 private:
  /// One at a time: the others run.
  void stop(ThreadLook& look) {
    if (const int error = os::trace::seize(look.tid, {.follow_children = false}); error != 0) {
      look.problem = seize_problem(look, error);
      return;
    }
    // The last look before the interrupt, which would make some system calls fail: it may have blocked since.
    if (look_once(look, *read_python_) == Outcome::done) return;
    look.stack.assign(kStackBytes, {});  // memory is fetched now, not while it stands still
    const uint64_t begin_ns = monotonic_now_ns();
    os::trace::interrupt(look.tid);
    uint64_t runs_ns = begin_ns;  // when it was known to run last
    for (uint64_t now_ns = begin_ns; now_ns < begin_ns + kStopPatienceNs; now_ns = monotonic_now_ns()) {
      if (const auto stop = os::trace::find_stop()) {
        if (handle(*stop, look, runs_ns)) return;
        continue;
      }
      runs_ns = now_ns;
      if (now_ns < begin_ns + kSpinNs) continue;
      if (os::trace::collect_lost(look.tid, true)) break;
      news_->wait(kWaitNs);
    }
    look.has_registers = false;
    look.problem = "it did not stop, or ended";
  }

  /// Whether `look` was done with. Threads born meanwhile are tracees too, and are let go.
  bool handle(const os::trace::Stop& stop, ThreadLook& look, uint64_t runs_ns) {
    const bool is_ours = stop.tid == look.tid;
    if (is_ours && stop.event != os::trace::StopEvent::exit) take(look);
    if (stop.event == os::trace::StopEvent::signal) {
      os::trace::resume(stop.tid, stop.signal);  // it is delivered; the thread is still to be stopped
      if (is_ours) os::trace::interrupt(stop.tid);
      return false;
    }
    os::trace::detach(stop.tid);  // a job-control stop stays one
    if (is_ours) {
      look.stopped_ns = monotonic_now_ns() - runs_ns;
      if (stop.event == os::trace::StopEvent::exit) look.problem = kEndedProblem;
    }
    return is_ours;
  }

  void take(ThreadLook& look) const {
    look.kernel_state = 'R';  // if the last look found it blocked, it moved
    look.blocked.reset();
    const auto taken = os::trace::read_registers(look.tid);
    look.has_registers = taken.valid;
    if (!taken.valid) {
      look.problem = "it runs 32-bit code";
      return;
    }
    look.registers = taken.registers;
    read_stack(look);
    if (*read_python_) (*read_python_)(look);
  }

  std::vector<ThreadLook>* looks_;
  const ReadPython* read_python_;
  const os::trace::StopNews* news_;
};

}  // namespace

std::vector<ThreadLook> look_at_threads(pid_t pid, const ReadPython& read_python) {
  std::vector<ThreadLook> looks;
  const auto threads = os::list_threads(pid);
  if (!threads) return looks;
  for (const pid_t tid : *threads) {
    ThreadLook look;
    for (int i = 0; i < kTries; ++i) {
      look = {};
      look.pid = pid;
      look.tid = tid;
      if (look_once(look, read_python) != Outcome::moved) break;
    }
    looks.push_back(std::move(look));
  }
  return looks;
}

void stop_and_look(std::vector<ThreadLook>& looks, const ReadPython& read_python) {
  const os::trace::StopNews news;
  std::jthread([&] {
    os::put_this_thread_first();  // what it has stopped stands still while it waits for a CPU
    Stopper(looks, read_python, news).run();
  }).join();
}

}  // namespace strobe::workflow
