#include "sampling/perf/cpu_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kReadLatencyNs = 10'000'000;
constexpr uint64_t kForgetNs = 5'000'000'000;

}  // namespace

struct CpuReport::Listing {
  std::vector<Live> original;
  std::vector<Live> inherited;
  std::vector<ExitEvent> unread;  // ended without a READ record
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
  if (!events_->has_counter(event.tid)) {
    Ending& ending = endings_[event.tid];
    ending.event = event;
    ending.exited = true;
    return;
  }
  const uint64_t cpu_ns = events_->take_count(event.tid);
  original_cpu_ns_ += cpu_ns;
  report(sink, event.time_ns, {event.pid, event.tid, cpu_ns});
}

void CpuReport::begin_uncounted(pid_t pid, pid_t tid) {
  ++uncounted_;
  known_[tid].stopped_ns = os::read_thread_run_ns(pid, tid).value_or(0);
}

void CpuReport::read(const ReadRecord& record, bool wanted, EventSink& sink) {
  Ending& ending = endings_[record.tid];
  ending.read = true;
  ending.event.time_ns = std::max(ending.event.time_ns, record.time_ns);
  if (endings_.size() > forget_at_) forget_endings(record.time_ns);
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

CpuReport::Listing CpuReport::list_threads(bool last) {
  Listing live;
  for (const auto& [tid, thread] : threads_->threads()) {
    if (events_->has_counter(tid)) {
      const uint64_t cpu_ns = last ? events_->take_count(tid) : events_->read_count(tid);
      live.original.push_back({thread.pid, tid, cpu_ns});
      live.original_ns += cpu_ns;
    } else if (const auto run_ns = os::read_thread_run_ns(thread.pid, tid)) {
      live.inherited.push_back({thread.pid, tid, used_ns(tid, *run_ns)});
      live.inherited_ns += live.inherited.back().used_ns;
    } else if (last) {  // its EXIT record was lost as well
      live.unread.push_back({.time_ns = 0, .pid = thread.pid, .tid = tid});
    }
  }
  return live;
}

/// Gives the threads that ended without a READ record what the events counted and no other thread has:
/// exactly so where no other one lives. That is one for each thread without a counter that everything came
/// from. The records of more than these were lost: the kernel writes them for the events of every CPU on the
/// CPU where the thread ends, and a ring that two CPUs write to at once can stay without a new head for good
/// (perf's rings are not made for that: rb->nest in kernel/events/ring_buffer.c is no atomic). Seen where a
/// hundred threads end at the same moment.
uint64_t CpuReport::report_unread(const Moment& moment, const Listing& live, uint64_t rest_ns,
                                  EventSink& sink) {
  std::vector<ExitEvent> ended = live.unread;
  for (const auto& [tid, ending] : endings_) {
    if (!ending.exited || ending.read) continue;
    // READ records follow the EXIT within microseconds.
    const bool complete = moment.last || ending.event.time_ns + kReadLatencyNs < moment.time_ns;
    if (complete) ended.push_back(ending.event);
  }
  if (ended.empty()) return 0;
  // Of those that hardly ran the others do not know either.
  const uint64_t all_ns = rest_ns - std::min(rest_ns, live.inherited_ns);
  const uint64_t each_ns = all_ns / ended.size();
  for (const ExitEvent& event : ended) {
    endings_.erase(event.tid);
    const uint64_t time_ns = event.time_ns != 0 ? event.time_ns : moment.time_ns;
    if (moment.reported) report(sink, time_ns, {event.pid, event.tid, each_ns});
  }
  const uint64_t normal =
      std::exchange(uncounted_, uncounted_ - std::min<uint64_t>(uncounted_, ended.size()));
  if (ended.size() > normal) {
    lost_ns_ += all_ns;
    lost_threads_ += ended.size();
  }
  original_cpu_ns_ += each_ns * ended.size();
  return each_ns * ended.size();
}

void CpuReport::report_live(const Moment& moment, EventSink& sink) {
  Listing live = list_threads(moment.last);
  // Procfs is up to a scheduler tick behind, and ran on after the events were stopped. The events know the
  // exact sum of these threads: all that was counted, less what has been reported. Distrusted after losses.
  const uint64_t total_ns = events_->read_total_ns();
  uint64_t rest_ns = total_ns - std::min(total_ns, inherited_cpu_ns_ + original_cpu_ns_ + live.original_ns);
  rest_ns -= report_unread(moment, live, rest_ns, sink);
  if (moment.last) original_cpu_ns_ += live.original_ns;
  if (live.inherited_ns != 0) {
    const double ratio = static_cast<double>(rest_ns) / static_cast<double>(live.inherited_ns);
    const double scale = moment.trusted && ratio > 0.5 && ratio < 2 ? ratio : 1;
    for (Live& thread : live.inherited) {
      thread.used_ns = static_cast<uint64_t>(static_cast<double>(thread.used_ns) * scale);
    }
  }
  for (const auto* list : {&live.original, &live.inherited}) {
    for (const Live& thread : *list) {
      if (moment.reported) report(sink, moment.time_ns, thread);
      if (moment.last) continue;
      uint64_t& reported_ns = known_[thread.tid].reported_ns;
      reported_ns = std::max(reported_ns, thread.used_ns);
    }
  }
  forget_ended(moment.time_ns);
  forget_endings(moment.time_ns);
}

void CpuReport::forget_endings(uint64_t time_ns) {
  std::erase_if(endings_, [time_ns](const auto& entry) {
    return entry.second.read && entry.second.event.time_ns + kForgetNs < time_ns;
  });
  forget_at_ = std::max(kManyEndings, 2 * endings_.size());
}

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
  if (lost_ns_ <= (inherited_cpu_ns_ + original_cpu_ns_) / 100) return;
  quality.warnings.push_back(
      fmt::format("The kernel lost the last records of {} threads: their CPU time, {:.3f} s, is spread "
                  "evenly over them, "
                  "and samples of it may be missing.",
                  lost_threads_, seconds_of(lost_ns_)));
}

}  // namespace strobe::sampling
