#include "analyze/thread_tree.h"

#include <algorithm>
#include <tuple>

#include "analyze/wakings.h"
#include "base/clock.h"

namespace strobe::analyze {
namespace {

ProcessStats describe_process(const Profile& profile, const ProcessRow& row) {
  ProcessStats stats;
  stats.pid = row.pid;
  if (row.parent.index() < profile.processes.size())
    stats.parent_pid = profile.processes[row.parent.index()].pid;
  stats.command = profile.text(row.command);
  stats.command_line = profile.text(row.command_line);
  stats.start_seconds = seconds_of(row.start_ns);
  stats.end_seconds = seconds_of(row.end_ns);
  stats.exited = row.exited;
  stats.exit_status = row.exit_status;
  return stats;
}

std::vector<ProcessStats> list_processes(const Profile& profile, const SelectedThreads& selected,
                                         const Attribution& attribution, const ThreadStates& states) {
  std::vector<ProcessStats> processes;
  for (const ProcessRow& row : profile.processes) processes.push_back(describe_process(profile, row));
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    const ThreadRow& row = profile.threads[i];
    if (!selected[i] || row.process.index() >= processes.size()) continue;
    ProcessStats& process = processes[row.process.index()];
    const ThreadShare& share = attribution.threads[i];
    process.cpu_seconds += share.cpu_seconds;
    process.samples += share.samples;
    for (size_t state = 0; state < process.states.size(); ++state)
      process.states[state] += states.threads[i][state];
    process.voluntary_switches += row.voluntary_switches;
    process.forced_switches += row.forced_switches;
    process.threads.push_back({row.tid, profile.text(row.name), seconds_of(row.start_ns),
                               seconds_of(row.end_ns), share.cpu_seconds, share.samples, states.threads[i],
                               row.voluntary_switches, row.forced_switches});
  }
  for (ProcessStats& process : processes) {
    std::stable_sort(process.threads.begin(), process.threads.end(),
                     [&](const ThreadStats& a, const ThreadStats& b) {
                       return std::tuple(a.tid != process.pid, a.start_seconds, a.tid) <
                              std::tuple(b.tid != process.pid, b.start_seconds, b.tid);
                     });
  }
  return processes;
}

std::vector<WakingStats> name_wakings(const Profile& profile, const StretchWeights& weights) {
  std::vector<WakingStats> named;
  for (const Waking& waking : list_wakings(profile, weights)) {
    const ThreadRow& waker = profile.threads[waking.waker.index()];
    const ThreadRow& woken = profile.threads[waking.woken.index()];
    named.push_back({waker.tid, profile.text(waker.name), woken.tid, profile.text(woken.name), waking.state,
                     waking.seconds, waking.count});
  }
  return named;
}

}  // namespace

ThreadTree make_thread_tree(const Profile& profile, const SelectedThreads& selected,
                            const Attribution& attribution) {
  ThreadTree tree;
  tree.parallelism = measure_parallelism(profile, selected, attribution);
  tree.has_states = profile.info.wall;
  tree.states = sum_states(profile, selected);
  tree.wakings = name_wakings(profile, weigh_stretches(profile, selected, attribution));
  std::vector<ProcessStats> processes = list_processes(profile, selected, attribution, tree.states);
  const bool everything = std::all_of(selected.begin(), selected.end(), [](bool yes) { return yes; });

  std::vector<std::vector<uint32_t>> children(processes.size());
  std::vector<uint32_t> pending;  // a stack: the next one to visit is the last
  for (uint32_t i = 0; i < processes.size(); ++i) {
    const size_t parent = profile.processes[i].parent.index();
    // A parent is recorded before its children; anything else comes from a damaged file.
    if (parent < i) {
      children[parent].push_back(i);
    } else {
      pending.push_back(i);
    }
  }
  const auto later_first = [&](uint32_t a, uint32_t b) {
    return std::tie(processes[b].start_seconds, processes[b].pid) <
           std::tie(processes[a].start_seconds, processes[a].pid);
  };
  std::stable_sort(pending.begin(), pending.end(), later_first);
  while (!pending.empty()) {
    const uint32_t index = pending.back();
    pending.pop_back();
    std::stable_sort(children[index].begin(), children[index].end(), later_first);
    for (const uint32_t child : children[index]) {
      processes[child].depth = processes[index].depth + 1;
      pending.push_back(child);
    }
    ProcessStats& process = processes[index];
    if (process.threads.empty() && !everything) continue;
    tree.threads += process.threads.size();
    tree.cpu_seconds += process.cpu_seconds;
    tree.samples += process.samples;
    tree.processes.push_back(std::move(process));
  }
  return tree;
}

}  // namespace strobe::analyze
