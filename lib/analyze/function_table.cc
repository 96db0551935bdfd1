#include "analyze/function_table.h"

#include <algorithm>
#include <tuple>

#include "analyze/counted_table.h"

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

void add_uncovered_rows(const StackAmounts& amounts, FunctionTable& table) {
  if (amounts.hidden.samples > 0) table.rows.push_back(pseudo_row(kHiddenRow, amounts.hidden, false));
  if (amounts.no_stack.samples > 0) table.rows.push_back(pseudo_row(kNoStackRow, amounts.no_stack, false));
  if (amounts.kernel_seconds > 0) {
    table.rows.push_back(pseudo_row(kKernelRow, {amounts.kernel_seconds, 0}, true));
    table.rows.back().function.language = Language::kernel;
  }
  if (amounts.too_short_seconds > 0) {
    table.rows.push_back(pseudo_row(kTooShortRow, {amounts.too_short_seconds, 0}, true));
  }
}

}  // namespace

FunctionTable make_function_table(const Profile& profile, const WeightedStacks& stacks,
                                  const FrameFunctions& functions, bool with_edges) {
  if (profile.counts) return make_counted_table(profile, with_edges);
  const Attribution& attribution = stacks.attribution;
  FunctionTable table;
  table.grouping = functions.grouping;
  table.coverage = stacks.coverage;
  table.cpu_seconds = attribution.cpu_seconds;
  table.sampled_seconds = attribution.sampled_seconds;
  table.samples = attribution.samples;
  table.effective_samples = attribution.effective_samples;

  KeySums sums = sum_keys(profile, stacks.amounts, functions.frames, with_edges);
  std::vector<uint32_t> order;  // functions that occur
  for (uint32_t key = 0; key < functions.functions.size(); ++key) {
    if (sums.total[key].samples > 0) order.push_back(key);
  }
  std::vector<std::pair<FunctionStats, uint32_t>> rows;
  rows.reserve(order.size());
  for (const uint32_t key : order) {
    rows.push_back({{functions.functions[key], sums.self[key], sums.total[key], false}, key});
  }
  add_uncovered_rows(stacks.amounts, table);
  for (FunctionStats& row : table.rows) rows.push_back({std::move(row), FunctionTable::kNoRow});
  table.rows.clear();
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });

  table.row_of.assign(functions.functions.size(), FunctionTable::kNoRow);
  for (auto& [row, key] : rows) {
    if (key != FunctionTable::kNoRow) table.row_of[key] = static_cast<uint32_t>(table.rows.size());
    table.rows.push_back(std::move(row));
  }
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
  if (row.exact || table.sampled_seconds <= 0) {
    const double share = share_of(table, amount);
    return {share, share};
  }
  const Interval of_sampled =
      wilson_interval(amount.seconds / table.sampled_seconds, table.effective_samples);
  const double scale = table.sampled_seconds / table.cpu_seconds;
  return {of_sampled.low * scale, of_sampled.high * scale};
}

}  // namespace strobe::analyze
