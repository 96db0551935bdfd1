#include "analyze/function_changes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/function_matching.h"

namespace strobe::analyze {
namespace {

/// Times of one function in the runs of a variant; 0 in runs without it.
struct FunctionRuns {
  std::vector<double> self;
  std::vector<double> total;
  Estimate self_estimate;  ///< of the last run that had it
  Estimate total_estimate;
  bool exact = false;
};

/// All functions of a variant's runs, by the rows of `table`, which has nothing but their names.
struct RunSide {
  FunctionTable table;
  std::vector<FunctionRuns> rows;
  size_t runs = 0;
  double cpu_seconds = 0;  ///< median
};

RunSide make_side(const VariantRuns& variant) {
  RunSide side;
  std::vector<double> cpu;
  for (const RunSummary& run : variant.runs) {
    if (run.end == RunEnd::finished) cpu.push_back(run.facts.cpu_seconds);
  }
  side.runs = cpu.size();
  side.cpu_seconds = median(std::move(cpu));
  std::map<FunctionIdentity, size_t> rows;
  size_t number = 0;
  for (const RunSummary& run : variant.runs) {
    if (run.end != RunEnd::finished) continue;
    for (const FunctionOfRun& function : run.functions) {
      const auto [place, fresh] = rows.try_emplace(function.function, side.rows.size());
      if (fresh) {
        side.table.rows.push_back({.function = function.function, .exact = function.exact});
        side.rows.push_back(
            {.self = std::vector<double>(side.runs), .total = std::vector<double>(side.runs)});
      }
      FunctionRuns& row = side.rows[place->second];
      row.self[number] = function.self.value;
      row.total[number] = function.total.value;
      row.self_estimate = function.self;
      row.total_estimate = function.total;
      row.exact = function.exact;
    }
    ++number;
  }
  return side;
}

class RunComparer {
 public:
  RunComparer(const RunSide& a, const RunSide& b, Basis basis)
      : a_(&a), b_(&b), basis_(basis), scale_(std::max(a.cpu_seconds, b.cpu_seconds)) {}

  /// Large enough on one side to differ by kMinEffect. This looks at both sides together and not at their
  /// difference, so that it does not choose what differs by chance.
  [[nodiscard]] bool matters(const FunctionPair& pair) const {
    const auto is_large = [&](const RunSide& side, uint32_t row) {
      return row != FunctionTable::kNoRow && median(side.rows[row].total) >= kMinEffect * scale_;
    };
    return is_large(*a_, pair.a) || is_large(*b_, pair.b);
  }

  /// `runs` and `estimate` say which of self and total it is.
  [[nodiscard]] Change change(const FunctionPair& pair, std::vector<double> FunctionRuns::*runs,
                              Estimate FunctionRuns::*estimate, double& p_value) const {
    const std::vector<double> a =
        pair.a != FunctionTable::kNoRow ? a_->rows[pair.a].*runs : std::vector<double>(a_->runs);
    const std::vector<double> b =
        pair.b != FunctionTable::kNoRow ? b_->rows[pair.b].*runs : std::vector<double>(b_->runs);
    Change change;
    change.a = median(a);
    change.b = median(b);
    p_value = 1;
    if (basis_ == Basis::runs) {
      change.interval = estimate_shift(a, b).interval.value_or(Interval{});
      p_value = rank_test_p_value(a, b);
    } else if (basis_ == Basis::sampling) {
      // A function without a sample may still have run: as an estimate, nothing has no upper end but that of
      // the other side's error.
      const Estimate of_a = pair.a != FunctionTable::kNoRow ? a_->rows[pair.a].*estimate : Estimate{};
      const Estimate of_b = pair.b != FunctionTable::kNoRow ? b_->rows[pair.b].*estimate : Estimate{};
      change.exact = (pair.a != FunctionTable::kNoRow ? a_->rows[pair.a] : b_->rows[pair.b]).exact;
      change.interval = difference_interval(of_a, of_b);
      if (!change.exact) p_value = difference_p_value(of_a, of_b);
    }
    return change;
  }

  [[nodiscard]] bool is_trifle(const Change& change) const {
    return std::abs(change.difference()) < kMinEffect * scale_;
  }

 private:
  const RunSide* a_;
  const RunSide* b_;
  Basis basis_;
  double scale_;
};

Basis basis_of(size_t runs_a, size_t runs_b) {
  if (runs_a == 1 && runs_b == 1) return Basis::sampling;
  return std::min(runs_a, runs_b) >= kMinJudgedRuns ? Basis::runs : Basis::not_judged;
}

ComparedFunction make_row(const RunSide& a, const RunSide& b, const FunctionPair& pair) {
  ComparedFunction row;
  row.function =
      pair.b != FunctionTable::kNoRow ? b.table.rows[pair.b].function : a.table.rows[pair.a].function;
  if (pair.a != FunctionTable::kNoRow) row.line_a = a.table.rows[pair.a].function.line;
  if (pair.a == FunctionTable::kNoRow) row.presence = Presence::fresh;
  if (pair.b == FunctionTable::kNoRow) row.presence = Presence::gone;
  return row;
}

}  // namespace

FunctionComparison compare_functions_of_runs(const std::vector<VariantRuns>& variants, size_t a, size_t b) {
  const RunSide side_a = make_side(variants[a]);
  const RunSide side_b = make_side(variants[b]);
  FunctionComparison result{
      .a = a, .b = b, .basis = basis_of(side_a.runs, side_b.runs), .compared = 0, .functions = {}};
  const RunComparer comparer(side_a, side_b, result.basis);
  std::vector<double> self_p;
  std::vector<double> total_p;
  std::vector<ComparedFunction> rows;
  for (const FunctionPair& pair : match_functions(side_a.table, side_b.table)) {
    if (!comparer.matters(pair)) continue;
    ComparedFunction& row = rows.emplace_back(make_row(side_a, side_b, pair));
    row.self =
        comparer.change(pair, &FunctionRuns::self, &FunctionRuns::self_estimate, self_p.emplace_back());
    row.total =
        comparer.change(pair, &FunctionRuns::total, &FunctionRuns::total_estimate, total_p.emplace_back());
  }
  result.compared = rows.size();
  if (result.basis == Basis::not_judged) return result;
  const std::vector<bool> self_found = find_discoveries(self_p, kFalseDiscoveryRate);
  const std::vector<bool> total_found = find_discoveries(total_p, kFalseDiscoveryRate);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].self.beyond = self_found[i] && !comparer.is_trifle(rows[i].self);
    rows[i].total.beyond = total_found[i] && !comparer.is_trifle(rows[i].total);
    if (rows[i].self.beyond || rows[i].total.beyond) result.functions.push_back(std::move(rows[i]));
  }
  std::ranges::stable_sort(result.functions, std::ranges::greater{}, [](const ComparedFunction& row) {
    return std::pair(std::abs(row.self.difference()), std::abs(row.total.difference()));
  });
  return result;
}

}  // namespace strobe::analyze
