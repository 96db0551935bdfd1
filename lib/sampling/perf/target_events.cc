#include "sampling/perf/target_events.h"

#include <utility>

#include "base/clock.h"
#include "os/perf_event.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kNeverNs = uint64_t{1} << 60;  // a period of 36 years

}  // namespace

TargetEvents::TargetEvents(const EngineOptions& options, const PerfFeatures& features, std::vector<int> cpus,
                           const Outlets& outlets)
    : options_(options), features_(features), cpus_(std::move(cpus)), outlets_(outlets) {
  if (outlets.switch_rings != nullptr) {
    switches_.emplace(options, features, outlets.switch_rings, outlets.program);
  }
}

Result<UniqueFd> TargetEvents::open_sampling(const perf_event_attr& attr, pid_t tid, size_t cpu_index) const {
  auto event = os::open_perf_event(attr, tid, cpus_[cpu_index]);
  if (!event) return event;
  // At once: what is inherited before it is attached lacks the program. Where it is refused (it was not when
  // it was loaded), samples come without Python's frames, and are counted as such.
  if (outlets_.program != nullptr) static_cast<void>(outlets_.program->attach(*event));
  auto redirected = os::redirect_perf_output(*event, outlets_.rings->owner(cpu_index));
  if (!redirected) return pass(std::move(redirected));
  return event;
}

Result<void> TargetEvents::open_thread(pid_t tid, bool sample, const std::function<bool(size_t)>& wanted) {
  // Not inherited, hence not shared with children: the kernel has no other exact count of this one thread.
  UniqueFd counter;
  if (counts_originals()) {
    auto opened = os::open_perf_event(make_counter_attr(options_, features_), tid, -1);
    if (!opened) return pass(std::move(opened));
    counter = std::move(*opened);
  }
  ThreadEvents events;
  const perf_event_attr attr = make_inherited_attr(options_, features_, sample);
  for (size_t i = 0; i < cpus_.size(); ++i) {
    events.per_cpu.emplace_back();
    events.opened_ns.push_back(0);
    if (!wanted(i)) continue;
    // Before the clock: the kernel pairs the events of two threads by their order as it hands over counts
    // (perf_event_sync_stat), and has a child's in the order of its kinds (perf_event_groups_cmp): these come
    // first. Where that is otherwise, CPU times are found not to fit the switches, and taken from them.
    if (switches_) {
      if (auto opened = switches_->open(tid, i); !opened) return opened;
    }
    if (options_.fault_period != 0) {
      if (auto opened = open_faults(tid, i); !opened) return opened;
    }
    auto event = open_sampling(attr, tid, i);
    if (!event) return pass(std::move(event));
    events.per_cpu.back() = std::move(*event);
    events.opened_ns.back() = monotonic_now_ns();
  }
  threads_[tid] = std::move(events);
  if (counter) counters_[tid] = std::move(counter);
  return {};
}

Result<void> TargetEvents::open_faults(pid_t tid, size_t cpu_index) {
  auto event = open_sampling(make_fault_attr(options_, features_), tid, cpu_index);
  if (!event) return pass(std::move(event));
  auto id = os::read_perf_event_id(*event);  // what is inherited has it as well
  if (!id) return pass(std::move(id));
  fault_event_ids_.insert(*id);
  fault_events_.push_back({.cpu_index = cpu_index, .fd = std::move(*event)});
  return {};
}

uint64_t TargetEvents::opened_ns(pid_t tid, size_t cpu_index) const {
  const auto thread = threads_.find(tid);
  return thread == threads_.end() ? 0 : thread->second.opened_ns[cpu_index];
}

Result<uint64_t> TargetEvents::switch_to_per_cpu() {
  std::vector<UniqueFd> events;
  std::vector<uint64_t> ids;
  const perf_event_attr attr = make_cpu_attr(options_, features_);
  for (size_t i = 0; i < cpus_.size(); ++i) {
    auto event = open_sampling(attr, -1, i);
    if (!event) return pass(std::move(event));
    auto id = os::read_perf_event_id(*event);
    if (!id) return pass(std::move(id));
    events.push_back(std::move(*event));
    ids.push_back(*id);
  }
  cpu_events_ = std::move(events);
  cpu_event_ids_ = std::move(ids);
  const uint64_t now_ns = monotonic_now_ns();
  for (const auto& [tid, thread] : threads_) {
    for (const UniqueFd& event : thread.per_cpu) {
      if (event) os::set_perf_period(event, kNeverNs);
    }
  }
  return now_ns;
}

template <class Action>
void TargetEvents::for_all(Action action) {
  for (const UniqueFd& event : cpu_events_) action(event);
  for (const auto& [tid, thread] : threads_) {
    for (const UniqueFd& event : thread.per_cpu) {
      if (event) action(event);
    }
  }
  for (const FaultEvent& event : fault_events_) action(event.fd);
  for (const auto& [tid, counter] : counters_) action(counter);
}

void TargetEvents::disable_all() {
  for_all(os::disable_perf_event);
  if (switches_) switches_->disable_all();
}

void TargetEvents::enable_all() {
  for_all(os::enable_perf_event);
  if (switches_) switches_->enable_all();
}

uint64_t TargetEvents::read_count(pid_t tid) const {
  const auto counter = counters_.find(tid);
  return counter == counters_.end() ? 0 : os::read_perf_count(counter->second).value_or(0);
}

uint64_t TargetEvents::take_count(pid_t tid) {
  const uint64_t count = read_count(tid);
  counters_.erase(tid);
  return count;
}

std::vector<pid_t> TargetEvents::counted_threads() const {
  std::vector<pid_t> tids;
  for (const auto& [tid, counter] : counters_) tids.push_back(tid);
  return tids;
}

uint64_t TargetEvents::read_total_ns() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < cpus_.size(); ++i) sum += read_cpu_ns(i);
  return sum;
}

uint64_t TargetEvents::read_cpu_ns(size_t cpu_index) const {
  uint64_t sum = 0;
  for (const auto& [tid, thread] : threads_) {
    const UniqueFd& event = thread.per_cpu[cpu_index];
    if (event) sum += os::read_perf_count(event).value_or(0);
  }
  return sum;
}

Result<void> TargetEvents::redirect(size_t cpu_index, const UniqueFd& ring) const {
  for (const auto& [tid, thread] : threads_) {
    const UniqueFd& event = thread.per_cpu[cpu_index];
    if (!event) continue;
    if (auto redirected = os::redirect_perf_output(event, ring); !redirected) return redirected;
  }
  for (const FaultEvent& event : fault_events_) {
    if (event.cpu_index != cpu_index) continue;
    if (auto redirected = os::redirect_perf_output(event.fd, ring); !redirected) return redirected;
  }
  if (cpu_events_.empty()) return {};
  return os::redirect_perf_output(cpu_events_[cpu_index], ring);
}

}  // namespace strobe::sampling
