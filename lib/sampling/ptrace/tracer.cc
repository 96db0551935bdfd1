// Who is traced: seizing, births, execs and ends. Sampling is in tracer_sampling.cc.
#include "sampling/ptrace/tracer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <utility>

#include "base/clock.h"
#include "os/descriptor_limit.h"
#include "os/hints.h"
#include "os/own_facts.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"

namespace strobe::sampling {
namespace {

using os::trace::Stop;
using os::trace::StopEvent;

// A target that starts threads faster than we can seize them would keep us for ever; those born from seized
// ones come by themselves anyway.
constexpr int kMaxListings = 50;
constexpr int kMaxStopsInARow = 4096;

UniqueFd open_schedstat(pid_t pid, pid_t tid) {
  const std::string path = fmt::format("/proc/{}/task/{}/schedstat", pid, tid);
  return os::keep_if_plenty(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
}

bool has_tracer(pid_t pid) {
  const auto status = os::read_proc_file(fmt::format("/proc/{}/status", pid), 8192);
  return status && status->find("\nTracerPid:\t0\n") == std::string::npos &&
         status->find("\nTracerPid:\t") != std::string::npos;
}

Error make_seize_error(int sys_errno, pid_t pid, bool own_child) {
  if (sys_errno == EPERM && has_tracer(pid)) {
    return Error{
        ErrorCode::not_permitted, fmt::format("process {} is already being traced", pid),
        "end the debugger, strace or profiler that holds it, or use --engine perf" + os::doctor_hint(pid),
        sys_errno};
  }
  Error error = os::make_access_error(sys_errno, pid, "trace");
  if (sys_errno != EPERM || !own_child) return error;
  // Not the target's doing: nobody has seen that process yet.
  const int64_t scope = os::read_settings().yama_ptrace_scope.value_or(0);
  if (scope > 1) {
    error.hint = fmt::format("kernel.yama.ptrace_scope is {}: use sudo or give Strobe CAP_SYS_PTRACE", scope);
  } else {
    error.hint =
        "a seccomp filter (of a container or sandbox) refuses ptrace: allow it there, as "
        "docker run --cap-add SYS_PTRACE does";
  }
  error.hint += os::doctor_hint();
  return error;
}

}  // namespace

Tracer::Tracer(const EngineOptions& options, EventSink* sink)
    : options_(options), sink_(sink), stack_(options.stack_bytes) {
  options_.period_ns = std::max<uint64_t>(options_.period_ns, 20'000);
}

Result<void> Tracer::start(const EngineTarget& target) {
  random_ ^= monotonic_now_ns();
  os::raise_descriptor_limit();  // one for each thread
  if (target.launched && !target.pids.empty()) own_child_ = target.pids.front();
  std::vector<pid_t> work = target.pids;
  std::set<pid_t> known(work.begin(), work.end());
  for (size_t i = 0; i < work.size(); ++i) {
    const pid_t pid = work[i];
    if (auto seized = seize_process(pid); !seized) {
      const bool asked_for = i < target.pids.size();
      const bool gone = seized.error().code == ErrorCode::gone || seized.error().code == ErrorCode::not_found;
      if (asked_for && (!gone || target.pids.size() == 1)) return seized;
      continue;  // a child that ended or changed its user: the rest can be recorded all the same
    }
    if (!options_.follow_children || target.launched) continue;
    const auto threads = os::list_threads(pid);
    if (!threads) continue;
    for (const pid_t tid : *threads) {
      for (const pid_t child : os::list_child_processes(pid, tid)) {
        if (known.insert(child).second) work.push_back(child);
      }
    }
  }
  if (threads_.empty()) return fail(ErrorCode::gone, "none of the processes is left to be traced");
  if (own_child_ != 0) {
    for (auto& [tid, thread] : threads_) thread.waits_for_exec = true;
  }
  next_sweep_ns_ = monotonic_now_ns();
  paused_ = options_.start_paused;
  return {};
}

Result<void> Tracer::seize_process(pid_t pid) {
  for (int round = 0; round < kMaxListings; ++round) {
    auto more = seize_new_threads(pid);
    if (!more) return pass(std::move(more));
    if (!*more) break;
  }
  if (processes_.contains(pid)) processes_[pid].maps.refresh(pid, *sink_, monotonic_now_ns());
  return {};
}

Result<bool> Tracer::seize_new_threads(pid_t pid) {
  auto tids = os::list_threads(pid);
  if (!tids) return pass(std::move(tids));
  bool any = false;
  for (const pid_t tid : *tids) {
    if (threads_.contains(tid)) continue;
    const int sys_errno = os::trace::seize(tid, {.follow_children = options_.follow_children});
    if (sys_errno == ESRCH) continue;  // ended meanwhile, or a main thread that left others behind
    if (sys_errno != 0) {
      // Born of a seized thread it is ours already, which shows as EPERM; it reports itself later.
      if (sys_errno == EPERM && processes_.contains(pid)) continue;
      return tl::unexpected<Error>(make_seize_error(sys_errno, pid, pid == own_child_));
    }
    any = true;
    const pid_t parent = tid == pid ? os::read_parent_pid(pid) : pid;
    add_thread({.pid = pid, .tid = tid, .parent_pid = parent, .parent_tid = parent, .existing = true});
  }
  return any;
}

Tracer::Thread& Tracer::add_thread(const Birth& birth) {
  const uint64_t now_ns = monotonic_now_ns();
  sink_->on_fork({.time_ns = now_ns,
                  .pid = birth.pid,
                  .tid = birth.tid,
                  .parent_pid = birth.parent_pid,
                  .parent_tid = birth.parent_tid,
                  .existing = birth.existing});
  const uint64_t cpu_ns = birth.existing ? os::read_thread_run_ns(birth.pid, birth.tid).value_or(0) : 0;
  Thread thread{.pid = birth.pid,
                .clock = SampleClock(options_.period_ns, cpu_ns, now_ns, random_phase()),
                .reported_cpu_ns = cpu_ns,
                .schedstat = open_schedstat(birth.pid, birth.tid)};
  auto process = processes_.find(birth.pid);
  if (process == processes_.end()) {
    Process fresh;
    const auto parent = processes_.find(birth.parent_pid);
    if (!birth.existing && parent != processes_.end()) fresh.maps = parent->second.maps;
    process = processes_.emplace(birth.pid, std::move(fresh)).first;
  }
  ++process->second.threads;
  Thread& added = threads_.insert_or_assign(birth.tid, std::move(thread)).first->second;
  if (birth.pid != own_child_ || !birth.existing) report_name(birth.tid, added, false);
  return added;
}

void Tracer::handle_stops() {
  for (int count = 0; count < kMaxStopsInARow; ++count) {
    const auto stop = os::trace::find_stop();
    if (!stop) return;
    ++counts_.stops;
    handle_stop(*stop);
  }
}

void Tracer::handle_stop(const Stop& stop) {
  if (!threads_.contains(stop.tid)) {
    if (!adopt(stop.tid, 0)) return;
    unannounced_.insert(stop.tid);
  }
  // Whatever a thread stops for, an interrupt that was still to come is gone with it (ptrace_stop in
  // kernel/signal.c): waiting for it, we would never sample the thread again.
  if (stop.event != StopEvent::stop) threads_.at(stop.tid).interrupted_ns = 0;
  switch (stop.event) {
    case StopEvent::signal:
      os::trace::resume(stop.tid, stop.signal);
      return;
    case StopEvent::group_stop:
      if (!os::trace::listen(stop.tid)) os::trace::resume(stop.tid, 0);  // continued meanwhile
      return;
    case StopEvent::stop: {
      Thread& thread = threads_.at(stop.tid);
      if (thread.interrupted_ns != 0) return handle_interrupt(stop.tid, thread);
      os::trace::resume(stop.tid, 0);
      return;
    }
    case StopEvent::fork:
      return handle_birth(stop.tid);
    case StopEvent::exec:
      return handle_exec(stop.tid);
    case StopEvent::exit:
      return handle_exit(stop.tid);
  }
}

void Tracer::handle_birth(pid_t parent_tid) {
  const pid_t tid = os::trace::read_event_message(parent_tid);
  // Its own first stop may have been seen before, and comes later otherwise. It may have ended by now, too,
  // and procfs still show it.
  const bool seen = unannounced_.erase(tid) > 0;
  if (tid > 0 && !seen && !threads_.contains(tid)) adopt(tid, parent_tid);
  os::trace::resume(parent_tid, 0);
}

bool Tracer::adopt(pid_t tid, pid_t parent_tid) {
  const auto pid = os::read_thread_group(tid);
  const bool new_process = pid && *pid == tid;
  if (!pid || (new_process && !options_.follow_children)) {
    // With clone(2) a process can be born that is none by the tracing options. Not yet stopped, it stays
    // until it is: then we are asked again.
    let_go(tid);
    return false;
  }
  Birth birth{.pid = *pid, .tid = tid, .parent_pid = *pid, .parent_tid = *pid};
  if (new_process) birth.parent_pid = birth.parent_tid = os::read_parent_pid(tid);
  if (const auto parent = threads_.find(parent_tid); parent != threads_.end()) {
    birth.parent_tid = parent_tid;
    birth.parent_pid = parent->second.pid;  // with CLONE_PARENT it is not the parent that procfs shows
  }
  add_thread(birth);
  return true;
}

void Tracer::handle_exec(pid_t tid) {
  // Whichever thread did the exec has the process's id now; the others are gone without further notice.
  const pid_t former_tid = os::trace::read_event_message(tid);
  const uint64_t now_ns = monotonic_now_ns();
  if (former_tid != tid && threads_.contains(former_tid)) {
    read_cpu(former_tid, threads_.at(former_tid));
    auto survivor = threads_.extract(former_tid);
    report_cpu_of(former_tid, survivor.mapped(), now_ns);
    sink_->on_exit({.time_ns = now_ns, .pid = tid, .tid = former_tid});
    if (threads_.contains(tid)) {  // the old main thread, as far as we saw it
      report_cpu_of(tid, threads_.at(tid), now_ns);
      threads_.erase(tid);
      --processes_[tid].threads;
    }
    survivor.key() = tid;
    survivor.mapped().interrupted_ns = 0;
    threads_.insert(std::move(survivor));
  }
  Thread& thread = threads_.at(tid);
  thread.schedstat = open_schedstat(tid, tid);
  std::vector<pid_t> others;
  for (const auto& [other_tid, other] : threads_) {
    if (other.pid == tid && other_tid != tid) others.push_back(other_tid);
  }
  for (const pid_t other : others) remove_thread(other, now_ns);
  if (thread.waits_for_exec) {  // here the recording of a launched program begins
    begin_clock(tid, thread, now_ns);
    thread.waits_for_exec = false;
  }
  processes_[tid].maps.clear();
  report_name(tid, thread, true);
  processes_[tid].maps.refresh(tid, *sink_, now_ns);
  os::trace::resume(tid, 0);
}

void Tracer::handle_exit(pid_t tid) {
  Thread& thread = threads_.at(tid);
  read_cpu(tid, thread);
  report_name(tid, thread, false);
  remove_thread(tid, monotonic_now_ns());
  // Let go here: a tracee that ended would wait for us to collect it, and the launched child must be
  // collected by nobody but its owner, who is this same process in the kernel's eyes.
  let_go(tid);
}

void Tracer::let_go(pid_t tid) {
  // A thread that exit_group(2) of another one kills does not stay in its stop. It ends as our tracee, and
  // until we have collected it, its whole process is not shown to its parent as ended.
  if (!os::trace::detach(tid)) uncollected_.push_back(tid);
}

void Tracer::remove_thread(pid_t tid, uint64_t now_ns) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  const pid_t pid = found->second.pid;
  report_cpu_of(tid, found->second, now_ns);
  threads_.erase(found);
  sink_->on_exit({.time_ns = now_ns, .pid = pid, .tid = tid});
  const auto process = processes_.find(pid);
  if (process != processes_.end() && --process->second.threads == 0) processes_.erase(process);
}

void Tracer::collect_ended() {
  std::erase_if(uncollected_, [&](pid_t tid) { return os::trace::collect_lost(tid, tid == own_child_); });
}

void Tracer::look_for_lost() {
  std::vector<pid_t> lost;
  for (const auto& [tid, thread] : threads_) {
    if (os::trace::collect_lost(tid, tid == own_child_)) lost.push_back(tid);
  }
  for (const pid_t tid : lost) remove_thread(tid, monotonic_now_ns());
}

std::optional<os::SchedStat> Tracer::read_schedstat(pid_t tid, const Thread& thread) {
  char text[64];
  if (thread.schedstat) {
    const ssize_t size = ::pread(thread.schedstat.get(), text, sizeof text, 0);
    return size > 0 ? os::decode_schedstat({text, static_cast<size_t>(size)}) : std::nullopt;
  }
  // Short of descriptors.
  const auto read =
      os::read_proc_file(fmt::format("/proc/{}/task/{}/schedstat", thread.pid, tid), sizeof text);
  return read ? os::decode_schedstat(*read) : std::nullopt;
}

void Tracer::read_cpu(pid_t tid, Thread& thread) {
  const auto stat = read_schedstat(tid, thread);
  if (!stat) return;
  thread.slices = stat->slices;
  thread.clock.observe(stat->run_ns, monotonic_now_ns());
}

void Tracer::report_cpu_of(pid_t tid, Thread& thread, uint64_t now_ns) {
  const uint64_t cpu_ns = thread.clock.cpu_ns();
  if (paused_ || thread.waits_for_exec || cpu_ns <= thread.reported_cpu_ns) return;
  sink_->on_thread_cpu(
      {.time_ns = now_ns, .pid = thread.pid, .tid = tid, .cpu_ns = cpu_ns - thread.reported_cpu_ns});
  thread.reported_cpu_ns = cpu_ns;
}

void Tracer::begin_clock(pid_t tid, Thread& thread, uint64_t now_ns) {
  const uint64_t cpu_ns = os::read_thread_run_ns(thread.pid, tid).value_or(thread.clock.cpu_ns());
  thread.clock = SampleClock(options_.period_ns, cpu_ns, now_ns, random_phase());
  thread.reported_cpu_ns = cpu_ns;
}

void Tracer::report_name(pid_t tid, Thread& thread, bool exec) {
  auto name = os::read_comm(thread.pid, tid);
  if (!exec && (!name || *name == thread.name)) return;
  thread.name = name ? std::move(*name) : std::string();
  CommEvent event;
  event.time_ns = monotonic_now_ns();
  event.pid = thread.pid;
  event.tid = tid;
  event.name = thread.name;
  event.exec = exec;
  sink_->on_comm(event);
}

void Tracer::report_cpu() {
  for (auto& [tid, thread] : threads_) {
    read_cpu(tid, thread);
    report_cpu_of(tid, thread, monotonic_now_ns());
  }
}

void Tracer::pause() {
  if (paused_) return;
  report_cpu();
  paused_ = true;
}

void Tracer::resume() {
  if (!paused_) return;
  paused_ = false;
  const uint64_t now_ns = monotonic_now_ns();
  for (auto& [tid, thread] : threads_) begin_clock(tid, thread, now_ns);
  next_sweep_ns_ = now_ns;
}

uint64_t Tracer::random_phase() {
  random_ ^= random_ << 13;  // xorshift64: fair enough for a phase
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_ % options_.period_ns;
}

}  // namespace strobe::sampling
