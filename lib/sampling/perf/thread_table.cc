#include "sampling/perf/thread_table.h"

#include <algorithm>

namespace strobe::sampling {
namespace {

constexpr uint64_t kManyThreads = 20;
constexpr uint64_t kManyShare = 20;    // one in so many of the CPU time: 5 %
constexpr size_t kEndedMemory = 4096;  // READ records follow the EXIT within microseconds

}  // namespace

void ThreadTable::add(pid_t pid, pid_t tid, bool waits_for_exec) {
  ended_unsampled_.erase(tid);
  threads_[tid] = {.pid = pid, .sampled = false, .waits_for_exec = waits_for_exec};
}

void ThreadTable::exec(pid_t pid) {
  const KnownThread* main = find(pid);
  const bool was_sampled = main != nullptr && main->sampled;
  std::erase_if(threads_, [pid](const auto& entry) { return entry.second.pid == pid; });
  threads_[pid] = {.pid = pid, .sampled = was_sampled};
}

void ThreadTable::mark_exited(pid_t tid) {
  const auto entry = threads_.find(tid);
  if (entry == threads_.end()) return;
  if (!entry->second.sampled) {
    if (ended_unsampled_.size() >= kEndedMemory) ended_unsampled_.clear();
    ended_unsampled_[tid] = false;
  }
  threads_.erase(entry);
}

void ThreadTable::sampled(pid_t pid, pid_t tid) {
  ++samples_;
  KnownThread& thread = threads_[tid];
  thread.pid = pid;
  thread.sampled = true;
}

void ThreadTable::ended_with(pid_t tid, uint64_t cpu_ns) {
  const auto entry = ended_unsampled_.find(tid);
  if (entry == ended_unsampled_.end() || cpu_ns == 0) return;
  if (!entry->second) ++unsampled_threads_;
  entry->second = true;
  unsampled_ns_ += cpu_ns;
}

const KnownThread* ThreadTable::find(pid_t tid) const {
  const auto entry = threads_.find(tid);
  return entry == threads_.end() ? nullptr : &entry->second;
}

std::vector<pid_t> ThreadTable::process_ids() const {
  std::vector<pid_t> pids;
  for (const auto& [tid, thread] : threads_) pids.push_back(thread.pid);
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

bool ThreadTable::many_unsampled() const {
  return unsampled_threads_ >= kManyThreads &&
         unsampled_ns_ * kManyShare >= unsampled_ns_ + samples_ * period_ns_;
}

}  // namespace strobe::sampling
