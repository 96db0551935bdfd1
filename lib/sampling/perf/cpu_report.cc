#include "sampling/perf/cpu_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"

namespace strobe::sampling {

struct CpuReport::Listing {
  std::vector<Live> original;
  std::vector<Live> inherited;
  // Ended without a READ record. The kernel writes it for the events of every CPU on the CPU where the thread
  // ends, and a ring that two CPUs write to at once can stay without a new head for good (perf's rings are
  // not made for that: rb->nest in kernel/events/ring_buffer.c is no atomic). Seen where a hundred threads
  // end at the same moment.
  std::vector<Live> gone;
  uint64_t original_ns = 0;
  uint64_t inherited_ns = 0;
};

void CpuReport::report(EventSink& sink, uint64_t time_ns, const Live& thread) {
  uint64_t news_ns = thread.used_ns;
  if (const auto known = known_.find(thread.tid); known != known_.end()) {
    news_ns -= std::min(news_ns, known->second.reported_ns);
  }
  if (news_ns == 0) return;
  sink.on_thread_cpu({.time_ns = time_ns, .pid = thread.pid, .tid = thread.tid, .cpu_ns = news_ns});
}

void CpuReport::ended(const ExitEvent& event, EventSink& sink) {
  if (const auto known = known_.find(event.tid); known != known_.end())
    known->second.ended_ns = event.time_ns;
  if (!events_->has_counter(event.tid)) return;
  const uint64_t cpu_ns = events_->take_count(event.tid);
  original_cpu_ns_ += cpu_ns;
  report(sink, event.time_ns, {event.pid, event.tid, cpu_ns});
}

void CpuReport::read(const ReadRecord& record, bool wanted, EventSink& sink) {
  inherited_cpu_ns_ += record.count;
  if (!wanted || record.count == 0) return;
  report(sink, record.time_ns, {record.pid, record.tid, record.count});
  // The rest of what was reported before belongs to the records of the other CPUs.
  if (const auto known = known_.find(record.tid); known != known_.end()) {
    known->second.reported_ns -= std::min(known->second.reported_ns, record.count);
  }
}

uint64_t CpuReport::used_ns(pid_t tid, uint64_t run_ns) const {
  const auto known = known_.find(tid);
  if (known == known_.end()) return paused_ ? 0 : run_ns;
  const uint64_t counted_ns = paused_ ? known->second.at_pause_ns : run_ns;
  return counted_ns - std::min(counted_ns, known->second.stopped_ns);
}

void CpuReport::report_live(const Moment& moment, EventSink& sink) {
  Listing live;
  for (const auto& [tid, thread] : threads_->threads()) {
    if (events_->has_counter(tid)) {
      const uint64_t cpu_ns = moment.last ? events_->take_count(tid) : events_->read_count(tid);
      live.original.push_back({thread.pid, tid, cpu_ns});
      live.original_ns += cpu_ns;
    } else if (const auto run_ns = os::read_thread_run_ns(thread.pid, tid)) {
      live.inherited.push_back({thread.pid, tid, used_ns(tid, *run_ns)});
      live.inherited_ns += live.inherited.back().used_ns;
    } else {
      live.gone.push_back({thread.pid, tid, 0});
    }
  }
  // Procfs is up to a scheduler tick behind, and ran on after the events were stopped. The events know the
  // exact sum of these threads: all that was counted, less what has been reported. Distrusted after losses.
  const uint64_t total_ns = events_->read_total_ns();
  uint64_t rest_ns = total_ns - std::min(total_ns, inherited_cpu_ns_ + original_cpu_ns_ + live.original_ns);
  if (moment.last) original_cpu_ns_ += live.original_ns;
  if (moment.last && !live.gone.empty()) {
    unread_ns_ = rest_ns - std::min(rest_ns, live.inherited_ns);
    rest_ns -= unread_ns_;
    for (Live& thread : live.gone) thread.used_ns = unread_ns_ / live.gone.size();
    unread_threads_ = live.gone.size();
  }
  if (live.inherited_ns != 0) {
    const double ratio = static_cast<double>(rest_ns) / static_cast<double>(live.inherited_ns);
    const double scale = moment.trusted && ratio > 0.5 && ratio < 2 ? ratio : 1;
    for (Live& thread : live.inherited) {
      thread.used_ns = static_cast<uint64_t>(static_cast<double>(thread.used_ns) * scale);
    }
  }
  for (const auto* list : {&live.original, &live.inherited, &live.gone}) {
    for (const Live& thread : *list) {
      if (moment.reported) report(sink, moment.time_ns, thread);
      if (moment.last || list == &live.gone) continue;
      uint64_t& reported_ns = known_[thread.tid].reported_ns;
      reported_ns = std::max(reported_ns, thread.used_ns);
    }
  }
  forget_ended(moment.time_ns);
}

/// READ records follow the EXIT within microseconds.
void CpuReport::forget_ended(uint64_t time_ns) {
  std::erase_if(known_, [time_ns](const auto& entry) {
    return entry.second.ended_ns != 0 && entry.second.ended_ns + kNsPerSecond < time_ns;
  });
}

void CpuReport::pause() {
  for (const auto& [tid, thread] : threads_->threads()) {
    if (events_->has_counter(tid)) continue;
    if (const auto run_ns = os::read_thread_run_ns(thread.pid, tid)) known_[tid].at_pause_ns = *run_ns;
  }
  paused_ = true;
}

void CpuReport::resume() {
  for (const auto& [tid, thread] : threads_->threads()) {
    if (events_->has_counter(tid)) continue;
    const auto run_ns = os::read_thread_run_ns(thread.pid, tid);
    if (!run_ns) continue;
    Known& known = known_[tid];
    known.stopped_ns += *run_ns - std::min(*run_ns, known.at_pause_ns);
    known.at_pause_ns = 0;
  }
  paused_ = false;
}

void CpuReport::describe(Quality& quality) const {
  if (unread_ns_ <= (inherited_cpu_ns_ + original_cpu_ns_) / 100) return;
  quality.warnings.push_back(
      fmt::format("The kernel lost the last records of {} threads: their CPU time, {:.3f} s, is spread "
                  "evenly over them, "
                  "and samples of it may be missing.",
                  unread_threads_, seconds_of(unread_ns_)));
}

}  // namespace strobe::sampling
