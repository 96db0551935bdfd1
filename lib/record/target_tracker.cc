#include "record/target_tracker.h"

#include <algorithm>
#include <map>
#include <string>

#include "os/procfs.h"

namespace strobe::record {

ProcessState& TargetTracker::add_process(pid_t pid, ProcessId parent, uint64_t time_ns) {
  const ProcessId id{static_cast<uint32_t>(processes_.size())};
  ProcessRow row;
  row.pid = pid;
  row.parent = parent;
  row.start_ns = relative(time_ns);
  processes_.push_back(row);
  commands_.emplace_back();
  process_is_changed_.push_back(false);
  changed(id);
  ProcessState& state = states_[pid];
  state = ProcessState{};
  state.id = id;
  state.memory.emplace(pid);
  return state;
}

ThreadId TargetTracker::add_thread(ProcessState& process, pid_t tid, uint64_t time_ns) {
  const ThreadId id{static_cast<uint32_t>(threads_.size())};
  ThreadRow row;
  row.process = process.id;
  row.tid = tid;
  row.start_ns = relative(time_ns);
  row.name = processes_[process.id.index()].command;
  threads_.push_back(row);
  samples_.push_back(0);
  segment_use_.push_back({.thread = id});
  thread_is_changed_.push_back(false);
  thread_is_named_.push_back(false);
  changed(id);
  thread_ids_[tid] = id;
  ++process.live_threads;
  return id;
}

void TargetTracker::changed(ProcessId id) {
  if (process_is_changed_[id.index()]) return;
  process_is_changed_[id.index()] = true;
  changed_processes_.push_back(id);
}

void TargetTracker::changed(ThreadId id) {
  if (thread_is_changed_[id.index()]) return;
  thread_is_changed_[id.index()] = true;
  changed_threads_.push_back(id);
}

void TargetTracker::name_process(const ProcessState& process, pid_t pid, std::string_view comm) {
  ProcessRow& row = processes_[process.id.index()];
  row.command = strings_->intern(comm);
  commands_[process.id.index()] = std::string(comm);
  if (auto line = redact_arguments_ ? Result<std::string>(std::string(comm)) : os::read_command_line(pid)) {
    row.command_line = strings_->intern(*line);
  }
  changed(process.id);
}

void TargetTracker::on_fork(const ForkEvent& event) {
  if (event.pid == event.parent_pid && !event.existing) {  // a further thread
    ProcessState& state = process(event.pid, event.time_ns);
    add_thread(state, event.tid, event.time_ns);
    return;
  }
  if (const auto known = states_.find(event.pid);
      known != states_.end() && event.existing && known->second.live_threads > 0) {
    if (!thread_ids_.contains(event.tid)) add_thread(known->second, event.tid, event.time_ns);
    return;
  }
  const auto parent = states_.find(event.parent_pid);
  const ProcessId parent_id = parent == states_.end() ? ProcessId::none() : parent->second.id;
  AddressSpace space = parent == states_.end() ? AddressSpace{} : parent->second.space;
  const std::string comm = parent_id.is_none() ? std::string() : commands_[parent_id.index()];
  const StringId line = parent_id.is_none() ? StringId::none() : processes_[parent_id.index()].command_line;
  ProcessState& state = add_process(event.pid, parent_id, event.time_ns);
  if (!event.existing) state.space = std::move(space);
  processes_[state.id.index()].command = strings_->intern(comm);
  processes_[state.id.index()].command_line = line;
  commands_[state.id.index()] = comm;
  if (event.existing) {
    if (const auto times = os::read_process_times(event.pid)) {
      state.user_base_ns = times->user_ns;
      state.system_base_ns = times->system_ns;
    }
  }
  add_thread(state, event.tid, event.time_ns);
}

void TargetTracker::on_exit(const ExitEvent& event) {
  const auto thread = thread_ids_.find(event.tid);
  const auto state = states_.find(event.pid);
  if (thread == thread_ids_.end() || state == states_.end()) return;
  ThreadRow& row = threads_[thread->second.index()];
  if (row.end_ns != 0) return;
  row.end_ns = std::max<uint64_t>(relative(event.time_ns), 1);
  changed(thread->second);
  if (state->second.live_threads > 0 && --state->second.live_threads == 0) {
    ProcessRow& process_row = processes_[state->second.id.index()];
    process_row.end_ns = row.end_ns;
    process_row.exited = true;
    changed(state->second.id);
    state->second.space = AddressSpace{};  // many short processes would add up
  }
}

void TargetTracker::on_comm(const CommEvent& event) {
  ProcessState& state = process(event.pid, event.time_ns);
  const ThreadId id = thread(event.pid, event.tid, event.time_ns);
  if (event.exec) thread_is_named_[id.index()] = false;
  if (!thread_is_named_[id.index()]) threads_[id.index()].name = strings_->intern(event.name);
  changed(id);
  if (event.exec) {
    state.space.clear();
    state.executable = {};
    state.starting_program = true;
    // An exec by another thread than the first takes over the first one's id; the others are gone.
    state.live_threads = 1;
  }
  if (event.exec || event.tid == event.pid) name_process(state, event.pid, event.name);
}

void TargetTracker::name_thread(pid_t pid, pid_t tid, std::string_view name) {
  const auto state = states_.find(pid);
  const auto thread = thread_ids_.find(tid);
  if (state == states_.end() || thread == thread_ids_.end()) return;
  ThreadRow& row = threads_[thread->second.index()];
  if (row.process != state->second.id || row.end_ns != 0) return;
  row.name = strings_->intern(name);
  thread_is_named_[thread->second.index()] = true;
  changed(thread->second);
}

void TargetTracker::on_map(const MapEvent& event) {
  ProcessState& state = process(event.pid, event.time_ns);
  const Mapping mapping = modules_->map(event, state.id);
  if (state.starting_program && state.executable.is_none()) state.executable = mapping.module;
  state.space.insert(mapping);
}

void TargetTracker::on_thread_cpu(const ThreadCpuEvent& event) {
  const ThreadId id = thread(event.pid, event.tid, event.time_ns);
  threads_[id.index()].cpu_ns += event.cpu_ns;
  segment_use_[id.index()].cpu_ns += event.cpu_ns;
  changed(id);
}

ProcessState& TargetTracker::process(pid_t pid, uint64_t time_ns) {
  if (const auto known = states_.find(pid); known != states_.end()) return known->second;
  ProcessState& state = add_process(pid, ProcessId::none(), time_ns);
  if (const auto comm = os::read_comm(pid, pid)) name_process(state, pid, *comm);
  add_thread(state, pid, time_ns);
  return state;
}

ThreadId TargetTracker::thread(pid_t pid, pid_t tid, uint64_t time_ns) {
  ProcessState& state = process(pid, time_ns);
  if (const auto known = thread_ids_.find(tid);
      known != thread_ids_.end() && threads_[known->second.index()].process == state.id) {
    return known->second;
  }
  return add_thread(state, tid, time_ns);
}

ThreadId TargetTracker::find_thread(pid_t pid, pid_t tid) const {
  const auto state = states_.find(pid);
  const auto thread = thread_ids_.find(tid);
  if (state == states_.end() || thread == thread_ids_.end()) return {};
  return threads_[thread->second.index()].process == state->second.id ? thread->second : ThreadId{};
}

void TargetTracker::begin_at(pid_t pid, uint64_t time_ns) {
  const auto state = states_.find(pid);
  if (state == states_.end()) return;
  processes_[state->second.id.index()].start_ns = relative(time_ns);
  changed(state->second.id);
  const ThreadId main = thread(pid, pid, time_ns);
  threads_[main.index()].start_ns = relative(time_ns);
  changed(main);
}

void TargetTracker::add_waits(const ThreadUse& waits) {
  ThreadRow& row = threads_[waits.thread.index()];
  row.waited_ns += waits.waited_ns;
  row.runnable_ns += waits.runnable_ns;
  row.voluntary_switches += waits.voluntary_switches;
  row.forced_switches += waits.forced_switches;
  ThreadUse& use = segment_use_[waits.thread.index()];
  use.waited_ns += waits.waited_ns;
  use.runnable_ns += waits.runnable_ns;
  use.voluntary_switches += waits.voluntary_switches;
  use.forced_switches += waits.forced_switches;
  changed(waits.thread);
}

uint64_t TargetTracker::settle_waits(const WaitSettlement& how) {
  // The kernel stamps the end of a thread's turn before it stops its clock, and the beginning of the next one
  // after it was started: both count that time, a microsecond or so at each switch.
  constexpr uint64_t kPerSwitchNs = 3'000;
  constexpr uint64_t kEndsNs = 1'000'000;
  uint64_t unfit = 0;
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    ThreadRow& row = threads_[i];
    const uint64_t start_ns = std::max(row.start_ns, how.from_ns);
    uint64_t life_ns = row.end_ns - std::min(row.end_ns, start_ns);
    for (const auto& [from_ns, to_ns] : how.pauses) {
      const uint64_t begin_ns = std::max(from_ns, start_ns);
      const uint64_t end_ns = std::min(to_ns, row.end_ns);
      if (begin_ns < end_ns) life_ns -= std::min(life_ns, end_ns - begin_ns);
    }
    const uint64_t expected_ns = life_ns - std::min(life_ns, row.cpu_ns);
    const uint64_t difference_ns =
        std::max(expected_ns, row.waited_ns) - std::min(expected_ns, row.waited_ns);
    const uint64_t switching_ns = kPerSwitchNs * (row.voluntary_switches + row.forced_switches) + kEndsNs;
    if (!how.exact || difference_ns <= switching_ns + life_ns / 200) {
      row.waited_ns = expected_ns;
    } else if ((row.cpu_ns == 0 || difference_ns > life_ns / 20) && row.waited_ns <= life_ns) {
      row.cpu_ns = life_ns - row.waited_ns;
      ++unfit;
    } else {
      continue;
    }
    row.runnable_ns = std::min(row.runnable_ns, row.waited_ns);
    changed(ThreadId{i});
  }
  return unfit;
}

void TargetTracker::read_times_of(pid_t pid) {
  const auto state = states_.find(pid);
  if (state == states_.end()) return;
  const auto times = os::read_process_times(pid);
  if (!times) return;
  ProcessRow& row = processes_[state->second.id.index()];
  row.user_ns = times->user_ns - std::min(times->user_ns, state->second.user_base_ns);
  row.system_ns = times->system_ns - std::min(times->system_ns, state->second.system_base_ns);
  changed(state->second.id);
}

void TargetTracker::read_times() {
  for (const auto& [pid, state] : states_) {
    if (state.live_threads > 0) read_times_of(pid);
  }
}

void TargetTracker::set_exit_status(pid_t pid, int32_t status) {
  const auto state = states_.find(pid);
  if (state == states_.end()) return;
  processes_[state->second.id.index()].exit_status = status;
  changed(state->second.id);
}

void TargetTracker::close(uint64_t time_ns) {
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].end_ns == 0) threads_[i].end_ns = relative(time_ns), changed(ThreadId{i});
  }
  for (uint32_t i = 0; i < processes_.size(); ++i) {
    if (processes_[i].end_ns == 0) processes_[i].end_ns = relative(time_ns), changed(ProcessId{i});
  }
}

void TargetTracker::add_closed_rows(uint64_t time_ns, RecordingDelta& delta) const {
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].end_ns != 0) continue;
    delta.threads.emplace_back(ThreadId{i}, threads_[i]);
    delta.threads.back().second.end_ns = relative(time_ns);
  }
  for (uint32_t i = 0; i < processes_.size(); ++i) {
    if (processes_[i].end_ns != 0) continue;
    delta.processes.emplace_back(ProcessId{i}, processes_[i]);
    delta.processes.back().second.end_ns = relative(time_ns);
  }
}

void TargetTracker::take_changes(RecordingDelta& delta) {
  for (const ProcessId id : changed_processes_) {
    delta.processes.emplace_back(id, processes_[id.index()]);
    process_is_changed_[id.index()] = false;
  }
  for (const ThreadId id : changed_threads_) {
    delta.threads.emplace_back(id, threads_[id.index()]);
    thread_is_changed_[id.index()] = false;
  }
  changed_processes_.clear();
  changed_threads_.clear();
}

std::vector<ThreadUse> TargetTracker::take_segment_use() {
  std::vector<ThreadUse> uses;
  for (ThreadUse& use : segment_use_) {
    if (use.any()) uses.push_back(use);
    use = {.thread = use.thread};
  }
  return uses;
}

void TargetTracker::forget(const std::vector<ThreadUse>& uses) {
  for (const ThreadUse& use : uses) {
    ThreadRow& row = threads_[use.thread.index()];
    row.cpu_ns -= use.cpu_ns;
    row.waited_ns -= use.waited_ns;
    row.runnable_ns -= use.runnable_ns;
    row.voluntary_switches -= use.voluntary_switches;
    row.forced_switches -= use.forced_switches;
    samples_[use.thread.index()] -= use.samples;
    changed(use.thread);
  }
}

uint64_t TargetTracker::total_cpu_ns(uint64_t period_ns) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < threads_.size(); ++i) {
    sum += threads_[i].cpu_ns != 0 ? threads_[i].cpu_ns : samples_[i] * period_ns;
  }
  return sum;
}

std::vector<UnsampledProcess> TargetTracker::unsampled(bool pooled) const {
  std::vector<uint64_t> cpu(processes_.size()), samples(processes_.size());
  for (size_t i = 0; i < threads_.size(); ++i) {
    cpu[threads_[i].process.index()] += threads_[i].cpu_ns;
    samples[threads_[i].process.index()] += samples_[i];
  }
  std::map<std::string, uint64_t> command_samples;
  for (size_t i = 0; i < processes_.size(); ++i) command_samples[commands_[i]] += samples[i];
  std::map<std::string, UnsampledProcess> groups;
  for (size_t i = 0; i < processes_.size(); ++i) {
    if (cpu[i] == 0 || samples[i] != 0 || (pooled && command_samples[commands_[i]] != 0)) continue;
    UnsampledProcess& group = groups[commands_[i]];
    if (group.count++ == 0) group.pid = processes_[i].pid;
    group.command = commands_[i];
    group.reason = "too short to sample";
    group.cpu_ns += cpu[i];
  }
  std::vector<UnsampledProcess> rows;
  rows.reserve(groups.size());
  for (auto& [command, group] : groups) rows.push_back(std::move(group));
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.cpu_ns > b.cpu_ns; });
  if (rows.size() > 100) rows.resize(100);
  return rows;
}

}  // namespace strobe::record
