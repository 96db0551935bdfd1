#include "record/wait_sweep.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "os/proc_tasks.h"

namespace strobe::record {
namespace {

constexpr uint32_t kIdleTurns = 16;   // then a thread is visited every 8th turn only
constexpr uint32_t kQuietTurns = 64;  // and then every 32nd

bool is_due(uint32_t idle_turns, uint64_t turn, pid_t tid) {
  const uint64_t every = idle_turns < kIdleTurns ? 1 : idle_turns < kQuietTurns ? 8 : 32;
  return (turn + static_cast<uint64_t>(tid)) % every == 0;
}

}  // namespace

void WaitSweep::began(const Who& who, uint64_t time_ns, bool fresh) {
  LookTracker::Moment moment{.time_ns = time_ns, .stat = {}};
  Polled polled{.who = who};
  if (!fresh) {
    moment.stat = os::read_thread_schedstat(who.pid, who.tid).value_or(os::SchedStat{});
    const auto switches = os::read_thread_switches(who.pid, who.tid);
    if (switches) std::tie(polled.voluntary, polled.forced) = *switches;
  }
  tracker_.began(who, moment);
  processes_[who.pid].threads[who.tid] = polled;
}

void WaitSweep::restart(const Who& who, uint64_t time_ns) {
  tracker_.forget(who.tid);
  began(who, time_ns, false);
}

void WaitSweep::ended(pid_t pid, pid_t tid, uint64_t time_ns) {
  tracker_.ended(tid, time_ns);
  const auto process = processes_.find(pid);
  if (process == processes_.end()) return;
  process->second.threads.erase(tid);
  if (process->second.threads.empty()) processes_.erase(process);
}

void WaitSweep::resume(uint64_t time_ns) {
  tracker_.resume();
  for (auto& [pid, process] : processes_) {
    process.cpu_ns = 0;
    for (auto& [tid, thread] : process.threads) restart(Who(thread.who), time_ns);
  }
}

void WaitSweep::run(uint64_t now_ns, const See& see) {
  if (now_ns < next_ns_) return;
  ++turns_;
  uint64_t looks = 0;
  for (auto& [pid, process] : processes_) {
    const auto cpu_ns = os::read_process_run_ns(pid);
    const bool stands_still = cpu_ns && *cpu_ns == process.cpu_ns;
    process.cpu_ns = cpu_ns.value_or(0);
    for (auto& [tid, thread] : process.threads) {
      if (stands_still && tracker_.was_seen(tid)) {
        tracker_.rested(tid, now_ns);
      } else if (is_due(thread.idle_turns, turns_, tid)) {
        looks += visit(thread, now_ns, see) ? 1 : 0;
      }
    }
  }
  next_ns_ = now_ns + std::max(kIntervalNs, looks * kNsPerSecond / kLooksPerSecond);
}

bool WaitSweep::visit(Polled& thread, uint64_t now_ns, const See& see) {
  const Who& who = thread.who;
  const auto stat = os::read_thread_schedstat(who.pid, who.tid);
  if (!stat) return false;
  const bool still = tracker_.stood_still(who.tid, *stat);
  thread.idle_turns = still ? thread.idle_turns + 1 : 0;
  if (still && tracker_.was_seen(who.tid)) {
    tracker_.rested(who.tid, now_ns);
    return false;
  }
  thread.moved = true;
  std::optional<Sight> sight = see(who);
  // Behind the look: what it saw was so up to this moment, but for a few microseconds.
  const auto after = os::read_thread_schedstat(who.pid, who.tid);
  if (after) tracker_.looked(who.tid, {.time_ns = monotonic_now_ns(), .stat = *after}, std::move(sight));
  return true;
}

void WaitSweep::count_switches(Polled& thread, std::vector<ThreadWaits>& waits) {
  thread.moved = false;
  const auto switches = os::read_thread_switches(thread.who.pid, thread.who.tid);
  if (!switches) return;
  const auto& [voluntary, forced] = *switches;
  waits.push_back({.thread = thread.who.thread,
                   .voluntary = voluntary - std::min(voluntary, thread.voluntary),
                   .forced = forced - std::min(forced, thread.forced)});
  thread.voluntary = voluntary;
  thread.forced = forced;
}

void WaitSweep::take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits) {
  tracker_.take(stretches, waits);
  for (auto& [pid, process] : processes_) {
    for (auto& [tid, thread] : process.threads) {
      if (thread.moved) count_switches(thread, waits);
    }
  }
}

}  // namespace strobe::record
