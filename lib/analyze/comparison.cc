#include "analyze/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>

#include "analyze/function_matching.h"
#include "analyze/function_table.h"
#include "analyze/quality_view.h"
#include "analyze/statistics.h"
#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// One recording, summed up by function and by line.
struct Side {
  const Profile* profile = nullptr;
  FunctionTable table;
  FrameLines lines;
  KeySums line_sums;
};

Side make_side(const ComparedProfile& input, const StackFilter& filter) {
  const WeightedStacks stacks = weigh_stacks(*input.profile, input.selected, filter);
  Side side;
  side.profile = input.profile;
  side.table = make_function_table(*input.profile, stacks, stacks.functions, false);
  side.lines = frame_lines(*input.profile, stacks.functions);
  side.line_sums = sum_keys(*input.profile, stacks.amounts, side.lines.frames, false);
  return side;
}

ComparedSide summarize(const Side& side, const SelectedThreads& selected) {
  const Profile& profile = *side.profile;
  std::vector<bool> processes(profile.processes.size(), false);
  ComparedSide result{.command = profile.info.command,
                      .cpu_seconds = side.table.cpu_seconds,
                      .shown_seconds = side.table.coverage.shown.seconds,
                      .duration_seconds = seconds_of(profile.info.duration_ns),
                      .samples = side.table.samples,
                      .complete_share = complete_share(profile.quality)};
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    if (!selected[i]) continue;
    ++result.threads;
    if (const size_t process = profile.threads[i].process.index(); process < processes.size())
      processes[process] = true;
  }
  result.processes = static_cast<size_t>(std::ranges::count(processes, true));
  return result;
}

/// How an amount of a side is measured: seconds with their interval, or shares.
Estimate estimate(const FunctionTable& table, const Amount& amount, bool exact, bool normalized) {
  FunctionStats row;
  row.exact = exact;
  const Interval share = interval_of(table, row, amount);
  if (normalized) return {share_of(table, amount), share};
  return {amount.seconds, {share.low * table.cpu_seconds, share.high * table.cpu_seconds}};
}

/// Both sides' amounts of one row of a list.
struct Pair {
  Amount a;
  Amount b;
  bool exact = false;
};

class Comparer {
 public:
  Comparer(const Side& a, const Side& b, bool normalized) : a_(&a), b_(&b), normalized_(normalized) {}

  [[nodiscard]] Change change(const Pair& pair) const {
    const auto [a, b] = estimates(pair);
    return {a.value, b.value, difference_interval(a, b), pair.exact, false};
  }

  /// Marks the changes beyond sampling error; `pairs` is parallel to `changes`.
  void judge(const std::vector<Pair>& pairs, const std::vector<Change*>& changes) const {
    std::vector<double> p_values;
    std::vector<Change*> judged;
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].exact) continue;
      const auto [a, b] = estimates(pairs[i]);
      p_values.push_back(difference_p_value(a, b));
      judged.push_back(changes[i]);
    }
    const std::vector<bool> discoveries = find_discoveries(p_values, kFalseDiscoveryRate);
    for (size_t i = 0; i < judged.size(); ++i) judged[i]->beyond = discoveries[i];
  }

 private:
  [[nodiscard]] std::pair<Estimate, Estimate> estimates(const Pair& pair) const {
    return {estimate(a_->table, pair.a, pair.exact, normalized_),
            estimate(b_->table, pair.b, pair.exact, normalized_)};
  }

  const Side* a_;
  const Side* b_;
  bool normalized_;
};

/// Fills self and total of every row from its pairs, then judges each column by itself.
template <class Row>
void measure(const Comparer& comparer, const std::vector<Pair>& self, const std::vector<Pair>& total,
             std::vector<Row>& rows) {
  std::vector<Change*> self_changes;
  std::vector<Change*> total_changes;
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].self = comparer.change(self[i]);
    rows[i].total = comparer.change(total[i]);
    self_changes.push_back(&rows[i].self);
    total_changes.push_back(&rows[i].total);
  }
  comparer.judge(self, self_changes);
  comparer.judge(total, total_changes);
}

template <class Row>
void sort_by_change(std::vector<Row>& rows) {
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const Row& row) {
    return std::pair(std::abs(row.self.difference()), std::abs(row.total.difference()));
  });
}

std::vector<ComparedFunction> compare_functions(const Side& a, const Side& b,
                                                const std::vector<FunctionPair>& matches,
                                                const Comparer& comparer) {
  std::vector<ComparedFunction> rows;
  std::vector<Pair> self;
  std::vector<Pair> total;
  for (const FunctionPair& match : matches) {
    const FunctionStats* of_a = match.a != FunctionTable::kNoRow ? &a.table.rows[match.a] : nullptr;
    const FunctionStats* of_b = match.b != FunctionTable::kNoRow ? &b.table.rows[match.b] : nullptr;
    const FunctionStats& shown = of_b != nullptr ? *of_b : *of_a;
    ComparedFunction& row = rows.emplace_back();
    row.function = shown.function;
    if (of_a != nullptr) row.line_a = of_a->function.line;
    if (of_a == nullptr) row.presence = Presence::fresh;
    if (of_b == nullptr) row.presence = Presence::gone;
    const auto amount = [](const FunctionStats* stats, Amount FunctionStats::*member) {
      return stats != nullptr ? stats->*member : Amount{};
    };
    self.push_back({amount(of_a, &FunctionStats::self), amount(of_b, &FunctionStats::self), shown.exact});
    total.push_back({amount(of_a, &FunctionStats::total), amount(of_b, &FunctionStats::total), shown.exact});
  }
  measure(comparer, self, total, rows);
  sort_by_change(rows);
  return rows;
}

void add_to(Amount& sum, const Amount& amount) {
  sum.seconds += amount.seconds;
  sum.samples += amount.samples;
}

/// A line as both builds know it: the pair of functions it belongs to, the file's name, and how far it is
/// from the function's first line (or its number, where that is unknown or the line is of another file).
using LineKey = std::tuple<uint32_t, std::string, int64_t>;

class LineRows {
 public:
  LineRows(const std::vector<FunctionPair>& matches, const FunctionTable& a, const FunctionTable& b)
      : pair_of_a_(a.rows.size()), pair_of_b_(b.rows.size()) {
    for (uint32_t i = 0; i < matches.size(); ++i) {
      if (matches[i].a != FunctionTable::kNoRow) pair_of_a_[matches[i].a] = i;
      if (matches[i].b != FunctionTable::kNoRow) pair_of_b_[matches[i].b] = i;
    }
  }

  void add(const Side& side, bool is_b) {
    for (uint32_t key = 0; key < side.lines.lines.size(); ++key) {
      const LineIdentity& line = side.lines.lines[key];
      const uint32_t row = side.table.row_of[line.function];
      if (line.line == 0 || row == FunctionTable::kNoRow || side.line_sums.total[key].samples == 0) continue;
      const FunctionIdentity& function = side.table.rows[row].function;
      const std::string& file = side.profile->text(line.file);
      const bool relative = function.line != 0 && file == function.file;
      const int64_t place = relative ? int64_t{line.line} - function.line : int64_t{line.line};
      const uint32_t pair = is_b ? pair_of_b_[row] : pair_of_a_[row];
      const auto [entry, inserted] = rows_.try_emplace({pair, basename_of(file), place}, lines.size());
      if (inserted) {
        lines.push_back({});
        self.emplace_back();
        total.emplace_back();
      }
      ComparedLine& result = lines[entry->second];
      result.function = function;
      result.file = file;
      (is_b ? result.line_b : result.line_a) = line.line;
      add_to(is_b ? self[entry->second].b : self[entry->second].a, side.line_sums.self[key]);
      add_to(is_b ? total[entry->second].b : total[entry->second].a, side.line_sums.total[key]);
    }
  }

  std::vector<ComparedLine> lines;
  std::vector<Pair> self;   // parallel to `lines`
  std::vector<Pair> total;  // parallel to `lines`

 private:
  std::vector<uint32_t> pair_of_a_;
  std::vector<uint32_t> pair_of_b_;
  std::map<LineKey, size_t> rows_;
};

std::vector<ComparedLine> compare_lines(const Side& a, const Side& b,
                                        const std::vector<FunctionPair>& matches, const Comparer& comparer) {
  LineRows rows(matches, a.table, b.table);
  rows.add(a, false);
  rows.add(b, true);
  measure(comparer, rows.self, rows.total, rows.lines);
  sort_by_change(rows.lines);
  return std::move(rows.lines);
}

/// What makes two recordings less comparable.
std::vector<std::string> compare_circumstances(const Profile& a, const Profile& b) {
  std::vector<std::string> notes;
  const auto differs = [&](const std::string& what, const std::string& of_a, const std::string& of_b) {
    if (of_a != of_b) notes.push_back(fmt::format("{}: {} in A, {} in B.", what, of_a, of_b));
  };
  differs("Different machines", a.info.hostname, b.info.hostname);
  differs("Different kernels", a.info.kernel_release, b.info.kernel_release);
  differs("Different engines", a.quality.engine, b.quality.engine);
  differs("Different versions of Strobe", a.info.strobe_version, b.info.strobe_version);
  if (a.info.period_ns != b.info.period_ns) {
    notes.push_back(
        fmt::format("Different rates: {:.0f} Hz in A, {:.0f} Hz in B; the intervals allow for that.",
                    a.quality.rate_hz, b.quality.rate_hz));
  }
  if (a.info.kernel_sampled != b.info.kernel_sampled) {
    notes.push_back(fmt::format("Only {} has samples in the kernel: compare functions of programs only.",
                                a.info.kernel_sampled ? "A" : "B"));
  }
  for (const std::string& warning : judge_quality(a).warnings) notes.push_back("A: " + warning);
  for (const std::string& warning : judge_quality(b).warnings) notes.push_back("B: " + warning);
  return notes;
}

}  // namespace

Comparison compare_profiles(const ComparedProfile& a, const ComparedProfile& b,
                            const CompareOptions& options) {
  const Side side_a = make_side(a, options.filter);
  const Side side_b = make_side(b, options.filter);
  const std::vector<FunctionPair> matches = match_functions(side_a.table, side_b.table);
  const Comparer comparer(side_a, side_b, options.normalized);
  return {.normalized = options.normalized,
          .filter = options.filter,
          .a = summarize(side_a, a.selected),
          .b = summarize(side_b, b.selected),
          .functions = compare_functions(side_a, side_b, matches, comparer),
          .lines = compare_lines(side_a, side_b, matches, comparer),
          .notes = compare_circumstances(*a.profile, *b.profile)};
}

}  // namespace strobe::analyze
