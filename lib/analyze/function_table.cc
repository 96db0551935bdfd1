#include "analyze/function_table.h"

#include <algorithm>
#include <tuple>

#include "analyze/counted_table.h"
#include "analyze/memory_table.h"

namespace strobe::analyze {
namespace {

FunctionStats pseudo_row(const char* name, Amount amount, bool exact) {
  FunctionStats row;
  row.function.name = name;
  row.function.pseudo = true;
  row.self = amount;
  row.total = amount;
  row.exact = exact;
  return row;
}

/// The rows of time without a function.
void add_uncovered_rows(const WeightedStacks& stacks, FunctionTable& table) {
  const auto add = [&](const char* name, bool exact, const auto& amount_in) {
    FunctionStats row = pseudo_row(name, amount_in(stacks.amounts), exact);
    bool any = !row.self.is_nothing();
    for (size_t state = 0; state < stacks.by_state.size(); ++state) {
      row.self_states[state] = row.total_states[state] = amount_in(stacks.by_state[state]).seconds;
      any = any || row.self_states[state] > 0;
    }
    if (any) table.rows.push_back(std::move(row));
  };
  add(kHiddenRow, false, [](const StackAmounts& amounts) { return amounts.hidden; });
  add(kNoStackRow, false, [](const StackAmounts& amounts) { return amounts.no_stack; });
  const size_t before_kernel = table.rows.size();
  add(kKernelRow, true, [](const StackAmounts& amounts) { return Amount{amounts.kernel_seconds, 0}; });
  if (table.rows.size() > before_kernel) table.rows.back().function.language = Language::kernel;
  add(kTooShortRow, true, [](const StackAmounts& amounts) { return Amount{amounts.too_short_seconds, 0}; });
  add(kUnseenRow, true, [](const StackAmounts& amounts) { return Amount{amounts.unseen_seconds, 0}; });
  add(kReadyRow, true, [](const StackAmounts& amounts) { return Amount{amounts.ready_seconds, 0}; });
}

/// A row for every function that occurs, and those that are `listed`, with its key.
std::vector<std::pair<FunctionStats, uint32_t>> list_functions(const Profile& profile,
                                                               const WeightedStacks& stacks,
                                                               const FrameFunctions& functions,
                                                               const KeySums& sums,
                                                               const std::vector<bool>* listed) {
  std::vector<FunctionStats> all(functions.functions.size());
  std::vector<bool> occurs = listed != nullptr ? *listed : std::vector<bool>();
  occurs.resize(all.size());
  for (size_t state = 0; state < stacks.by_state.size(); ++state) {
    if (stacks.by_state[state].stacks.empty()) continue;
    const KeySums of_state = sum_keys(profile, stacks.by_state[state], functions.frames, false);
    for (size_t key = 0; key < all.size(); ++key) {
      all[key].self_states[state] = of_state.self[key].seconds;
      all[key].total_states[state] = of_state.total[key].seconds;
      occurs[key] = occurs[key] || of_state.total[key].samples > 0;
    }
  }
  std::vector<std::pair<FunctionStats, uint32_t>> rows;
  for (uint32_t key = 0; key < all.size(); ++key) {
    if (sums.total[key].samples == 0 && !occurs[key]) continue;
    all[key].function = functions.functions[key];
    all[key].self = sums.self[key];
    all[key].total = sums.total[key];
    rows.emplace_back(std::move(all[key]), key);
  }
  return rows;
}

/// Allocations are a column beside time: of what has a row.
void add_memory(const Profile& profile, const WeightedStacks& stacks, const FrameFunctions& functions,
                FunctionTable& table) {
  if (profile.memory.empty()) return;
  const MemoryKeySums sums = sum_memory_keys(profile, stacks, usual_choice(profile), functions.frames);
  table.has_memory = !sums.total.empty();
  for (size_t key = 0; key < sums.total.size(); ++key) {
    const uint32_t row = table.row_of[key];
    if (row == FunctionTable::kNoRow) continue;
    table.rows[row].own_memory = sums.own[key].of(MemoryMeasure::allocated);
    table.rows[row].total_memory = sums.total[key].of(MemoryMeasure::allocated);
  }
}

}  // namespace

FunctionTable make_function_table(const Profile& profile, const WeightedStacks& stacks,
                                  const FrameFunctions& functions, bool with_edges,
                                  const std::vector<bool>* listed) {
  if (profile.counts) return make_counted_table(profile, with_edges);
  const Attribution& attribution = stacks.attribution;
  FunctionTable table;
  table.grouping = functions.grouping;
  table.coverage = stacks.coverage;
  table.cpu_seconds = attribution.cpu_seconds;
  table.sampled_seconds = stacks.sampled_seconds;
  table.samples = attribution.samples;
  table.effective_samples = stacks.effective_samples;
  table.has_states = !stacks.by_state.empty();

  KeySums sums = sum_keys(profile, stacks.amounts, functions.frames, with_edges);
  std::vector<std::pair<FunctionStats, uint32_t>> rows =
      list_functions(profile, stacks, functions, sums, listed);
  add_uncovered_rows(stacks, table);
  for (FunctionStats& row : table.rows) rows.push_back({std::move(row), FunctionTable::kNoRow});
  table.rows.clear();
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });

  table.row_of.assign(functions.functions.size(), FunctionTable::kNoRow);
  for (auto& [row, key] : rows) {
    if (key != FunctionTable::kNoRow) table.row_of[key] = static_cast<uint32_t>(table.rows.size());
    table.rows.push_back(std::move(row));
  }
  add_memory(profile, stacks, functions, table);
  for (const Edge& edge : sums.edges) {
    table.edges.push_back({table.row_of[edge.caller], table.row_of[edge.callee], edge.amount, edge.self});
  }
  std::sort(table.edges.begin(), table.edges.end(), [](const Edge& a, const Edge& b) {
    return std::tie(a.caller, a.callee) < std::tie(b.caller, b.callee);
  });
  return table;
}

bool comes_before(const FunctionStats& a, const FunctionStats& b) {
  if (a.self.seconds != b.self.seconds) return a.self.seconds > b.self.seconds;
  if (a.total.seconds != b.total.seconds) return a.total.seconds > b.total.seconds;
  if (a.self.samples != b.self.samples) return a.self.samples > b.self.samples;
  return a.function < b.function;
}

FunctionTable make_function_table(const Profile& profile, const SelectedThreads& selected, bool with_edges) {
  const WeightedStacks stacks = weigh_stacks(profile, selected);
  return make_function_table(profile, stacks, stacks.functions, with_edges);
}

double share_of(const FunctionTable& table, const Amount& amount) { return share_of(table.coverage, amount); }

Interval interval_of(const FunctionTable& table, const FunctionStats& row, const Amount& amount) {
  const double sampled = amount.seconds - amount.certain;
  if (row.exact || table.sampled_seconds <= 0) {
    const double share = share_of(table, amount);
    return {share, share};
  }
  const Interval of_sampled = wilson_interval(sampled / table.sampled_seconds, table.effective_samples);
  const double whole = table.coverage.whole.seconds;
  return {(amount.certain + of_sampled.low * table.sampled_seconds) / whole,
          (amount.certain + of_sampled.high * table.sampled_seconds) / whole};
}

}  // namespace strobe::analyze
