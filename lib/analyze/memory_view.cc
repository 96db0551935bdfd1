#include "analyze/memory_view.h"

#include <algorithm>
#include <tuple>

namespace strobe::analyze {
namespace {

std::vector<MemoryOfProcess> list_processes(const Profile& profile, const SelectedProcesses& selected) {
  std::vector<MemoryOfProcess> all(profile.processes.size());
  std::vector<bool> known(all.size(), false);
  for (const CounterRow& row : profile.counters) {
    if (row.process.index() >= all.size()) continue;
    MemoryOfProcess& process = all[row.process.index()];
    known[row.process.index()] = true;
    process.rss_peak_bytes = std::max({process.rss_peak_bytes, row.rss_bytes, row.peak_rss_bytes});
    process.pss_peak_bytes = std::max(process.pss_peak_bytes, row.pss_bytes.value_or(0));
    process.minor_faults = std::max(process.minor_faults, row.minor_faults);
    process.major_faults = std::max(process.major_faults, row.major_faults);
  }
  for (const auto& [id, row] : profile.memory_processes) {
    if (id.index() >= all.size()) continue;
    known[id.index()] = all[id.index()].has_heap = true;
    all[id.index()].heap = row;
  }
  std::vector<MemoryOfProcess> result;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!known[i] || !selected[i]) continue;
    all[i].pid = profile.processes[i].pid;
    all[i].command = profile.text(profile.processes[i].command);
    result.push_back(std::move(all[i]));
  }
  std::ranges::stable_sort(result, [](const MemoryOfProcess& a, const MemoryOfProcess& b) {
    return std::tuple(b.rss_peak_bytes, b.heap.peak_bytes) < std::tuple(a.rss_peak_bytes, a.heap.peak_bytes);
  });
  return result;
}

}  // namespace

MemoryUse MemoryView::heap() const {
  MemoryUse sum = of(MemoryKind::malloc);
  sum += of(MemoryKind::python);
  return sum;
}

const MemoryOfProcess* MemoryView::highest() const {
  const MemoryOfProcess* highest = nullptr;
  for (const MemoryOfProcess& process : processes) {
    if (!process.has_heap) continue;
    if (highest == nullptr || process.heap.peak_bytes > highest->heap.peak_bytes) highest = &process;
  }
  return highest;
}

bool MemoryView::has_rows() const {
  return std::ranges::any_of(by_kind, [](const MemoryUse& use) { return !use.is_nothing(); });
}

MemoryView make_memory_view(const Profile& profile, const WeightedStacks& stacks,
                            const MemoryViewOptions& options) {
  const SelectedProcesses selected = select_processes(profile, stacks.selected);
  MemoryView view;
  view.info = profile.info.memory;
  view.quality = profile.quality.memory;
  view.filter = stacks.coverage.filter;
  view.end_ns = profile.info.duration_ns;
  for (const MemoryRow& row : profile.memory) {
    if (row.process.index() >= selected.size() || !selected[row.process.index()]) continue;
    view.by_kind[static_cast<size_t>(row.kind)] += use_of(row);
  }
  view.processes = list_processes(profile, selected);
  for (const MemoryOfProcess& process : view.processes) {
    for (size_t bits = 0; bits < view.sizes.size(); ++bits) {
      view.sizes[bits].bytes += process.heap.sizes[bits].bytes;
      view.sizes[bits].count += process.heap.sizes[bits].count;
    }
  }
  view.table = make_memory_table(profile, stacks, options.choice, options.grouping);
  view.tree = make_memory_tree(profile, stacks, options.choice, options.tree);
  view.resident = sum_resident(profile, selected);
  view.live = sum_live(profile, selected);
  return view;
}

bool tells_of_memory(const Profile& profile) {
  return !profile.memory.empty() || !profile.counters.empty() || !profile.memory_processes.empty();
}

}  // namespace strobe::analyze
