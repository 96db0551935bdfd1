#include "record/resident_tracker.h"

#include <time.h>

#include <algorithm>
#include <tuple>

#include "base/clock.h"
#include "os/proc_tasks.h"

namespace strobe::record {
namespace {

class ProcfsSource final : public ResidentSource {
 public:
  std::optional<os::ResidentMemory> read_resident(pid_t pid) override {
    return os::read_resident_memory(pid);
  }
  std::optional<os::SharedMemory> read_shared(pid_t pid) override { return os::read_shared_memory(pid); }
  std::optional<os::PageFaults> read_faults(pid_t pid) override { return os::read_page_faults(pid); }
  std::optional<uint64_t> read_run_ns(pid_t pid) override { return os::read_process_run_ns(pid); }
  bool share_memory(pid_t a, pid_t b) override { return os::share_memory(a, b); }
  uint64_t own_run_ns() override {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * kNsPerSecond + static_cast<uint64_t>(time.tv_nsec);
  }
};

bool same_figures(const CounterRow& a, const CounterRow& b) {
  const auto figures = [](const CounterRow& r) {
    return std::tie(r.rss_bytes, r.anonymous_bytes, r.file_bytes, r.shmem_bytes, r.swap_bytes,
                    r.peak_rss_bytes, r.minor_faults, r.major_faults);
  };
  return figures(a) == figures(b);
}

}  // namespace

std::unique_ptr<ResidentSource> make_resident_source() { return std::make_unique<ProcfsSource>(); }

void ResidentTracker::began(pid_t pid, ProcessId id, pid_t parent, uint64_t now_ns) {
  processes_[pid] = Process{};
  Process& process = processes_[pid];
  process.id = id;
  process.parent = parent;
  process.born_ns = process.next_ns = now_ns;
  next_ns_ = std::min(next_ns_, now_ns);
  has_new_ = true;
}

void ResidentTracker::run(uint64_t now_ns) {
  if (now_ns < next_ns_) return;
  const uint64_t elapsed_ns = credited_ns_ == 0 ? 0 : now_ns - std::min(now_ns, credited_ns_);
  credited_ns_ = now_ns;
  shared_budget_ns_ = std::min(shared_budget_ns_ + static_cast<int64_t>(elapsed_ns / kSharedPart),
                               static_cast<int64_t>(kMostCreditNs));
  if (shared_budget_ns_ > 0) {
    const uint64_t begun_ns = source_->own_run_ns();
    if (is_time_for_shares(now_ns)) visit_all_shares(now_ns);
    shared_budget_ns_ -= static_cast<int64_t>(source_->own_run_ns() - begun_ns);
  }
  const uint64_t begun_ns = source_->own_run_ns();
  for (auto& [pid, process] : processes_) {
    if (process.next_ns <= now_ns) visit(pid, process, now_ns);
  }
  const uint64_t spent_ns = source_->own_run_ns() - begun_ns;
  next_ns_ = UINT64_MAX;
  for (const auto& [pid, process] : processes_) next_ns_ = std::min(next_ns_, process.next_ns);
  next_ns_ = std::max(next_ns_, now_ns + spent_ns * kCountersPart);
}

void ResidentTracker::plan_next(Process& process, uint64_t now_ns) {
  const uint64_t age_ns = now_ns - std::min(now_ns, process.born_ns);
  process.next_ns = now_ns + std::clamp(age_ns / 4, kFirstIntervalNs, kIntervalNs);
}

void ResidentTracker::store(Process& process, const CounterRow& row) {
  process.last = row;
  rows_.push_back(row);
}

void ResidentTracker::visit(pid_t pid, Process& process, uint64_t now_ns) {
  const auto row = look(pid, process, now_ns, false);
  plan_next(process, now_ns);
  if (!row) return;
  const bool is_news = !process.last || !same_figures(*row, *process.last) ||
                       row->time_ns - process.last->time_ns >= kIdleIntervalNs;
  if (is_news) store(process, *row);
}

bool ResidentTracker::is_time_for_shares(uint64_t now_ns) {
  const uint64_t since_ns = now_ns - std::min(now_ns, round_ns_);
  if (has_new_ || since_ns >= kIdleIntervalNs) return true;
  if (since_ns < kIntervalNs) return false;
  return std::ranges::any_of(processes_, [&](const auto& entry) {
    return !entry.second.refuses_share && source_->read_run_ns(entry.first) != entry.second.round_run_ns;
  });
}

void ResidentTracker::visit_all_shares(uint64_t now_ns) {
  for (auto& [pid, process] : processes_) {
    if (process.refuses_share) continue;
    auto row = look(pid, process, now_ns, true);
    process.round_run_ns = process.run_ns;
    plan_next(process, now_ns);
    if (!row) continue;
    if (const auto shared = source_->read_shared(pid)) {
      row->pss_bytes = shared->pss_bytes;
      row->private_bytes = shared->private_bytes;
    } else {
      process.refuses_share = source_->read_run_ns(pid).has_value();  // or it has just ended
    }
    store(process, *row);
  }
  round_ns_ = now_ns;
  has_new_ = false;
}

std::optional<CounterRow> ResidentTracker::look(pid_t pid, Process& process, uint64_t now_ns, bool always) {
  const uint64_t time_ns = now_ns - std::min(now_ns, start_ns_);
  const auto run_ns = source_->read_run_ns(pid);
  const bool stood_still = run_ns && run_ns == process.run_ns;
  process.run_ns = run_ns;
  if (!always && stood_still && process.last && time_ns - process.last->time_ns < kIdleIntervalNs) {
    return std::nullopt;
  }
  // After vfork the child runs in its parent's memory until its exec: that is counted already.
  if (process.parent != 0 && source_->share_memory(pid, process.parent)) return std::nullopt;
  const auto memory = source_->read_resident(pid);
  if (!memory) return std::nullopt;
  const auto faults = source_->read_faults(pid).value_or(os::PageFaults{});
  return CounterRow{.time_ns = time_ns,
                    .process = process.id,
                    .rss_bytes = memory->rss_bytes,
                    .anonymous_bytes = memory->anonymous_bytes,
                    .file_bytes = memory->file_bytes,
                    .shmem_bytes = memory->shmem_bytes,
                    .swap_bytes = memory->swap_bytes,
                    .peak_rss_bytes = memory->peak_rss_bytes,
                    .minor_faults = faults.minor,
                    .major_faults = faults.major};
}

void ResidentTracker::close(uint64_t now_ns) {
  if (shared_budget_ns_ > 0) visit_all_shares(now_ns);
  for (auto& [pid, process] : processes_) {
    if (process.last && process.last->time_ns + start_ns_ == now_ns) continue;
    if (const auto row = look(pid, process, now_ns, true)) store(process, *row);
  }
}

void ResidentTracker::take(std::vector<CounterRow>& rows) {
  rows.insert(rows.end(), rows_.begin(), rows_.end());
  rows_.clear();
}

}  // namespace strobe::record
