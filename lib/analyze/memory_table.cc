#include "analyze/memory_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "analyze/grouping.h"

namespace strobe::analyze {
namespace {

void add(const MemoryAmount& from, MemoryAmount& to) {
  to.bytes += from.bytes;
  to.count += from.count;
  to.variance += from.variance;
}

bool is_chosen(const MemoryChoice& choice, MemoryKind kind) {
  return choice.kind ? kind == *choice.kind : is_heap(kind);
}

bool shows(const WeightedStacks& stacks, StackId stack) {
  return stack.index() < stacks.kept.size() ? stacks.kept[stack.index()] : stacks.keeps_no_stack;
}

/// The chosen rows of the selected processes that filters leave, with what suppressions do to them.
class ChosenRows {
 public:
  ChosenRows(const Profile& profile, const WeightedStacks& stacks, const MemoryChoice& choice)
      : profile_(&profile), stacks_(&stacks), choice_(&choice) {
    processes_ = select_processes(profile, stacks.selected);
    if (choice.suppressions == nullptr || choice.suppressions->empty()) return;
    rule_of_ = choice.suppressions->match(profile, frame_functions(profile));
    rule_matched_.resize(choice.suppressions->patterns().size());
  }

  /// Calls `use(row, memory)` for each; fills in what the table says of the whole.
  template <class Use>
  void for_each(MemoryTable& table, const Use& use) {
    for (const MemoryRow& row : profile_->memory) {
      if (row.process.index() >= processes_.size() || !processes_[row.process.index()]) continue;
      if (!is_chosen(*choice_, row.kind)) continue;
      MemoryUse memory = use_of(row);
      table.whole += memory;
      if (!shows(*stacks_, row.stack)) continue;
      suppress(row, memory, table.suppressed);
      table.shown += memory;
      if (!memory.is_nothing()) use(row, memory);
    }
    table.suppressed.rules = static_cast<size_t>(std::ranges::count(rule_matched_, true));
  }

 private:
  void suppress(const MemoryRow& row, MemoryUse& memory, SuppressedLeaks& suppressed) {
    if (row.stack.index() >= rule_of_.size() || row.live.count == 0) return;
    const size_t rule = rule_of_[row.stack.index()];
    if (rule == LeakSuppressions::kNoRule) return;
    rule_matched_[rule] = true;
    add(row.live, suppressed.amount);
    memory.by_measure[static_cast<size_t>(MemoryMeasure::live)] = {};
  }

  const Profile* profile_;
  const WeightedStacks* stacks_;
  const MemoryChoice* choice_;
  SelectedProcesses processes_;
  std::vector<size_t> rule_of_;  // by stack; empty without suppressions
  std::vector<bool> rule_matched_;
};

/// Sums of the keys on stacks: each counts once on a path, however often it is there.
class PathSums {
 public:
  PathSums(const Profile& profile, const FrameKeys& keys)
      : profile_(&profile), keys_(&keys), last_path_(keys.key_count, 0) {
    sums_.own.resize(keys.key_count);
    sums_.total.resize(keys.key_count);
  }

  /// False where the stack has no key at all.
  bool put(StackId stack, const MemoryUse& memory) {
    ++path_;
    bool any = false;
    for (StackId at = stack; at.index() < profile_->stacks.size(); at = parent_of(*profile_, at)) {
      const auto keys = keys_->at(profile_->stacks[at.index()].frame);
      if (!any && !keys.empty()) sums_.own[keys.back()] += memory;
      any = any || !keys.empty();
      for (const uint32_t key : keys) {
        if (last_path_[key] == path_) continue;
        last_path_[key] = path_;
        sums_.total[key] += memory;
      }
    }
    return any;
  }
  [[nodiscard]] MemoryKeySums take() { return std::move(sums_); }

 private:
  const Profile* profile_;
  const FrameKeys* keys_;
  MemoryKeySums sums_;
  std::vector<uint64_t> last_path_;  // by key: that had it
  uint64_t path_ = 0;
};

bool comes_before(const MemoryStats& a, const MemoryStats& b, MemoryMeasure measure) {
  const auto figures = [&](const MemoryStats& row) {
    return std::tuple(row.own.of(measure).bytes, row.total.of(measure).bytes,
                      row.own.of(MemoryMeasure::allocated).bytes);
  };
  if (figures(a) != figures(b)) return figures(a) > figures(b);
  return a.function < b.function;
}

void add_pseudo_row(const char* name, const MemoryUse& memory, MemoryTable& table) {
  if (memory.is_nothing()) return;
  table.rows.push_back({.function = {.name = name, .pseudo = true}, .own = memory, .total = memory});
}

void add_functions(const Profile& profile, const WeightedStacks& stacks, const FrameFunctions& functions,
                   ChosenRows& chosen, MemoryTable& table) {
  PathSums paths(profile, functions.frames);
  MemoryUse bare;
  MemoryUse without_stack;
  chosen.for_each(table, [&](const MemoryRow& row, const MemoryUse& memory) {
    if (paths.put(row.stack, memory)) return;
    (row.stack.is_none() ? without_stack : bare) += memory;
  });
  const MemoryKeySums sums = paths.take();
  for (size_t key = 0; key < sums.total.size(); ++key) {
    if (sums.total[key].is_nothing()) continue;
    table.rows.push_back({functions.functions[key], sums.own[key], sums.total[key]});
  }
  const StackFilter& filter = stacks.coverage.filter;
  const bool hides = !filter.hide.empty() || !filter.native;
  if (!hides) without_stack += bare;
  add_pseudo_row(kNoStackRow, without_stack, table);
  if (hides) add_pseudo_row(kHiddenRow, bare, table);
}

void add_processes(const Profile& profile, ChosenRows& chosen, MemoryTable& table) {
  std::vector<MemoryUse> sums(profile.processes.size());
  chosen.for_each(
      table, [&](const MemoryRow& row, const MemoryUse& memory) { sums[row.process.index()] += memory; });
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].is_nothing()) continue;
    const ProcessRow& process = profile.processes[i];
    const std::string name = fmt::format("{} {}", process.pid, profile.text(process.command));
    table.rows.push_back({.function = {.name = name}, .own = sums[i], .total = sums[i]});
  }
}

}  // namespace

MemoryUse& MemoryUse::operator+=(const MemoryUse& other) {
  for (size_t i = 0; i < kMemoryMeasureCount; ++i) add(other.by_measure[i], by_measure[i]);
  return *this;
}

bool MemoryUse::is_nothing() const {
  return std::ranges::all_of(by_measure, [](const MemoryAmount& a) { return a.bytes == 0 && a.count == 0; });
}

MemoryUse use_of(const MemoryRow& row) { return {{row.allocated, row.peak, row.live, row.temporary}}; }

MemoryTable make_memory_table(const Profile& profile, const WeightedStacks& stacks,
                              const MemoryChoice& choice, Grouping grouping) {
  MemoryTable table;
  table.grouping = grouping;
  table.measure = choice.measure;
  ChosenRows chosen(profile, stacks, choice);
  if (grouping == Grouping::process) {
    add_processes(profile, chosen, table);
  } else {
    add_functions(profile, stacks, group_frames(profile, stacks.functions, grouping), chosen, table);
  }
  std::ranges::sort(table.rows, [&](const MemoryStats& a, const MemoryStats& b) {
    return comes_before(a, b, choice.measure);
  });
  return table;
}

MemoryKeySums sum_memory_keys(const Profile& profile, const WeightedStacks& stacks,
                              const MemoryChoice& choice, const FrameKeys& keys) {
  PathSums paths(profile, keys);
  MemoryTable whole;
  ChosenRows chosen(profile, stacks, choice);
  chosen.for_each(whole,
                  [&](const MemoryRow& row, const MemoryUse& memory) { paths.put(row.stack, memory); });
  return whole.whole.is_nothing() ? MemoryKeySums{} : paths.take();
}

MemoryChoice usual_choice(const Profile& profile) {
  MemoryChoice choice;
  if (profile.info.memory.mode == MemoryMode::resident) choice.kind = MemoryKind::fault;
  return choice;
}

CallTree make_memory_tree(const Profile& profile, const WeightedStacks& stacks, const MemoryChoice& choice,
                          const TreeOptions& options) {
  WeightedStacks weighed = stacks;
  weighed.amounts = {};
  weighed.amounts.stacks.resize(profile.stacks.size());
  weighed.by_state.clear();
  MemoryTable sums;
  ChosenRows chosen(profile, stacks, choice);
  chosen.for_each(sums, [&](const MemoryRow& row, const MemoryUse& memory) {
    const MemoryAmount& amount = memory.of(choice.measure);
    if (amount.count == 0) return;
    Amount& place =
        row.stack.is_none() ? weighed.amounts.no_stack : weighed.amounts.stacks[row.stack.index()];
    place += {static_cast<double>(amount.bytes), amount.count};
  });
  const MemoryAmount& shown = sums.shown.of(choice.measure);
  weighed.coverage.whole = {static_cast<double>(shown.bytes), shown.count};
  weighed.coverage.shown = weighed.coverage.whole;
  return make_call_tree(profile, weighed, Grouping::function, options);
}

std::vector<bool> functions_of_memory(const Profile& profile, const WeightedStacks& stacks) {
  std::vector<bool> found(stacks.functions.functions.size(), false);
  std::vector<bool> on_path(profile.stacks.size(), false);
  for (const MemoryRow& row : profile.memory) {
    if (row.stack.index() < on_path.size() && stacks.kept[row.stack.index()])
      on_path[row.stack.index()] = true;
  }
  for (uint32_t i = static_cast<uint32_t>(on_path.size()); i-- > 0;) {  // callers come before their callees
    if (!on_path[i]) continue;
    for (const uint32_t key : stacks.functions.frames.at(profile.stacks[i].frame)) found[key] = true;
    if (const StackId caller = parent_of(profile, StackId{i}); !caller.is_none())
      on_path[caller.index()] = true;
  }
  return found;
}

SelectedProcesses select_processes(const Profile& profile, const SelectedThreads& selected) {
  const bool all = std::ranges::find(selected, false) == selected.end();
  SelectedProcesses processes(profile.processes.size(), all);
  for (size_t i = 0; i < selected.size() && i < profile.threads.size(); ++i) {
    const size_t process = profile.threads[i].process.index();
    if (selected[i] && process < processes.size()) processes[process] = true;
  }
  return processes;
}

double error_of(const MemoryAmount& amount) {
  constexpr double kZ = 1.959963984540054;
  return kZ * std::sqrt(amount.variance);
}

}  // namespace strobe::analyze
