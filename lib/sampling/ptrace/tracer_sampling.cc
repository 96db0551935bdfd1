// When whom to stop, and what is taken from a stopped thread.
#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/clock.h"
#include "os/proc_tasks.h"
#include "os/process_memory.h"
#include "os/procfs.h"
#include "sampling/ptrace/tracer.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kRefreshIntervalNs = 100'000'000;    // names and mappings of processes that run
constexpr uint64_t kUnknownCodeIntervalNs = 2'000'000;  // mappings, when a sample is in none
constexpr uint64_t kLostLookIntervalNs = 50'000'000;
constexpr uint64_t kMaxWaitNs = 20'000'000;
constexpr uint32_t kIdleLooks = 16;  // then a thread is looked at every 8th time only

}  // namespace

void Tracer::run_once() {
  handle_stops();
  collect_ended();
  const uint64_t now_ns = monotonic_now_ns();
  if (now_ns >= next_sweep_ns_) {
    sweep();
    // On a grid, so that late wake-ups do not lower the rate; ticks that are over for good are skipped.
    // Not quite the period: in step with the scheduler's tick, by which the kernel tells user from system
    // time, ticks would fall on our stops again and again, and system time would seem to be several times
    // what it is.
    next_sweep_ns_ += options_.period_ns - options_.period_ns / 77;
    if (next_sweep_ns_ + options_.period_ns < now_ns) next_sweep_ns_ = now_ns;
    if (paused_) next_sweep_ns_ = now_ns + kMaxWaitNs;  // for names and mappings
  }
  if (now_ns >= next_lost_look_ns_) {
    look_for_lost();
    next_lost_look_ns_ = now_ns + kLostLookIntervalNs;
  }
  wait_for_news(std::min(next_sweep_ns_, monotonic_now_ns() + kMaxWaitNs));
}

void Tracer::wait_for_news(uint64_t until_ns) const {
  const uint64_t now_ns = monotonic_now_ns();
  const uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
  const timespec timeout{.tv_sec = static_cast<time_t>(wait_ns / kNsPerSecond),
                         .tv_nsec = static_cast<long>(wait_ns % kNsPerSecond)};
  // Every stop raises SIGCHLD, which all threads of Strobe have blocked: it stays pending until taken here,
  // so a stop between the last look and this call is not missed. Should somebody else take it, the next tick
  // finds it.
  sigset_t news;
  ::sigemptyset(&news);
  ::sigaddset(&news, SIGCHLD);
  static_cast<void>(::sigtimedwait(&news, nullptr, &timeout));
}

void Tracer::sweep() {
  ++sweeps_;
  const uint64_t now_ns = monotonic_now_ns();
  std::vector<pid_t> moving;  // processes that used CPU time since the last sweep
  for (auto& [pid, process] : processes_) {
    const auto cpu_ns = os::read_process_run_ns(pid);
    if (!cpu_ns || *cpu_ns == process.cpu_ns) continue;
    process.cpu_ns = *cpu_ns;
    moving.push_back(pid);
    if (now_ns - process.maps.refreshed_ns() >= kRefreshIntervalNs) refresh_process(pid, process, now_ns);
  }
  if (moving.empty() || paused_) return;
  std::sort(moving.begin(), moving.end());
  for (auto& [tid, thread] : threads_) {
    if (!std::binary_search(moving.begin(), moving.end(), thread.pid)) continue;
    if (!is_due(tid, thread, now_ns)) continue;
    thread.interrupted_ns = monotonic_now_ns();
    if (!os::trace::interrupt(tid)) thread.interrupted_ns = 0;
  }
}

bool Tracer::is_due(pid_t tid, Thread& thread, uint64_t now_ns) {
  if (thread.interrupted_ns != 0 || thread.waits_for_exec) return false;
  const bool look = thread.idle_looks < kIdleLooks || (sweeps_ + static_cast<uint64_t>(tid)) % 8 == 0;
  if (!look) return false;
  const uint64_t before_ns = thread.clock.cpu_ns();
  read_cpu(tid, thread);
  thread.idle_looks = thread.clock.cpu_ns() == before_ns ? thread.idle_looks + 1 : 0;
  if (!thread.clock.is_due(now_ns)) return false;
  // The last look before the interrupt: whatever blocks now must not be woken.
  const auto stat = os::read_stat(thread.pid, tid);
  if (!stat) return false;
  thread.user_ticks = stat->user_ticks;
  thread.system_ticks = stat->system_ticks;
  return stat->state == 'R';
}

/// A stop on the way out of a system call says little about where the thread was: the interrupt takes
/// microseconds to another CPU, and a thread that makes calls more often than that is always found at one.
/// How many of the hits were in the kernel is known from the scheduler: so many are taken as such, the others
/// belong to the code that made the call.
bool Tracer::count_kernel_hit(Thread& thread) {
  const uint64_t ticks = thread.user_ticks + thread.system_ticks;
  if ((thread.kernel_hits + 1) * ticks > thread.hits * thread.system_ticks) return false;
  ++thread.kernel_hits;
  return true;
}

void Tracer::refresh_process(pid_t pid, Process& process, uint64_t now_ns) {
  process.maps.refresh(pid, *sink_, now_ns);
  for (auto& [tid, thread] : threads_) {
    if (thread.pid == pid && thread.idle_looks < kIdleLooks && !thread.waits_for_exec)
      report_name(tid, thread, false);
  }
}

/// Found at a system call after it was given a CPU since we looked: it was runnable then, but waited for a
/// CPU, and threads give up the CPU at system calls mostly. It used no CPU time there.
bool Tracer::had_waited(pid_t tid, const Thread& thread) {
  const auto stat = read_schedstat(tid, thread);
  return stat && stat->slices != thread.slices;
}

void Tracer::handle_interrupt(pid_t tid, Thread& thread) {
  const auto taken = os::trace::read_registers(tid);
  if (taken.in_system_call && had_waited(tid, thread)) {
    os::trace::resume(tid, 0);
    count_stop(thread, monotonic_now_ns());
    thread.interrupted_ns = 0;
    if (taken.call_interrupted) ++counts_.interrupted_calls;
    return;
  }
  if (paused_) {  // asked to stop just before the pause began
    os::trace::resume(tid, 0);
    count_stop(thread, monotonic_now_ns());
    thread.interrupted_ns = 0;
    return;
  }
  ++thread.hits;
  const bool in_kernel = taken.in_system_call && count_kernel_hit(thread);
  size_t stack_size = 0;
  if (taken.valid && !in_kernel) {
    const uint64_t stack_pointer = taken.registers.value[x86_64::kRsp];
    stack_size = os::ProcessMemory(thread.pid).read_some(stack_pointer, stack_);
  }
  const PythonLook look{
      .pid = thread.pid, .tid = tid, .stopped = true, .registers = taken.valid ? &taken.registers : nullptr};
  const bool has_python =
      !in_kernel && options_.python_reader != nullptr && options_.python_reader->read_frames(look, python_);
  os::trace::resume(tid, 0);
  const uint64_t now_ns = monotonic_now_ns();
  count_stop(thread, now_ns);
  thread.interrupted_ns = 0;
  read_cpu(tid, thread);
  counts_.missed_periods += thread.clock.advance();
  if (taken.call_interrupted) ++counts_.interrupted_calls;
  if (in_kernel) {
    // Kernel time is shown as a row of its own, as with perf events of user code; a sample here would count
    // it to the caller as well.
    ++counts_.in_kernel;
    return;
  }
  Process& process = processes_[thread.pid];
  const uint64_t code = taken.registers.value[x86_64::kRip];
  if (taken.valid && !process.maps.contains(code) &&
      now_ns - process.maps.refreshed_ns() >= kUnknownCodeIntervalNs) {
    process.maps.refresh(thread.pid, *sink_, now_ns);
  } else {
    process.maps.refresh_if_resized(thread.pid, *sink_, now_ns);
  }
  RawSample sample;
  sample.time_ns = now_ns;
  sample.pid = thread.pid;
  sample.tid = tid;
  sample.has_registers = taken.valid;
  sample.registers = taken.registers;
  sample.stack = std::span<const std::byte>(stack_).first(stack_size);
  sample.stack_full = stack_size == stack_.size() && stack_size > 0;
  if (has_python) sample.python = &python_;
  sink_->on_sample(sample);
}

void Tracer::count_stop(const Thread& thread, uint64_t now_ns) {
  const uint64_t stopped_ns = now_ns - thread.interrupted_ns;
  counts_.stopped_ns += stopped_ns;
  counts_.longest_stop_ns = std::max(counts_.longest_stop_ns, stopped_ns);
}

}  // namespace strobe::sampling
