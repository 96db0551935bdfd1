// The functions view: every function with its own and its total CPU (or wall) seconds, by state where that
// is known, and rows for the time no sample covers, so that the self column adds up to the exact time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/frame_keys.h"
#include "analyze/stack_sums.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Names of the rows that stand for no function.
inline constexpr const char* kTooShortRow = "[too short to sample]";
inline constexpr const char* kKernelRow = "[kernel, not sampled]";
inline constexpr const char* kUnseenRow = "[waiting, not seen]";
inline constexpr const char* kReadyRow = "[ready to run, not seen]";
inline constexpr const char* kNoStackRow = "[no stack]";
inline constexpr const char* kHiddenRow = "[hidden]";

struct FunctionStats {
  FunctionIdentity function;
  Amount self;
  Amount total;
  bool exact = false;          ///< from accounting, not from samples: has no interval
  StateSeconds self_states{};  ///< wall time; where the table has states
  StateSeconds total_states{};
  MemoryAmount own_memory;  ///< allocated (or faulted in) by itself; where the table has memory
  MemoryAmount total_memory;
};

struct FunctionTable {
  std::vector<FunctionStats> rows;  ///< most self seconds first, then most total, then by name
  std::vector<Edge> edges;          ///< between rows (indices), by caller and callee; only where asked for
  std::vector<uint32_t> row_of;     ///< by FrameFunctions index: its row, or kNoRow where it has no sample
  double cpu_seconds = 0;           ///< exact
  double sampled_seconds = 0;       ///< of coverage.whole, known by sampling
  uint64_t samples = 0;             ///< of the selected threads, before filters
  double effective_samples = 0;
  Grouping grouping = Grouping::function;  ///< what a row stands for
  Coverage coverage;  ///< what the rows are of: their self seconds add up to coverage.shown.seconds
  /// Where amounts have samples, there are calls, exactly counted: all of them in `total`, in `self` those
  /// that were no recursion (the same in the amounts of edges).
  bool counts_calls = false;
  bool has_states = false;  ///< functions that only waited have rows as well
  bool has_memory = false;  ///< of functions that have a row for another reason

  static constexpr uint32_t kNoRow = UINT32_MAX;
};

/// `functions` is stacks.functions, or what they were grouped into (grouping.h). A profile with counts of
/// calls in place of samples has no stacks, and all its functions are in the table. `listed` (by function):
/// those that have a row without any time as well; borrowed, may be null.
[[nodiscard]] FunctionTable make_function_table(const Profile& profile, const WeightedStacks& stacks,
                                                const FrameFunctions& functions, bool with_edges,
                                                const std::vector<bool>* listed = nullptr);
/// The functions of everything selected, without filters.
[[nodiscard]] FunctionTable make_function_table(const Profile& profile, const SelectedThreads& selected,
                                                bool with_edges = false);

/// The order of the rows.
[[nodiscard]] bool comes_before(const FunctionStats& a, const FunctionStats& b);

/// An amount's share of the exact time, 0…1.
[[nodiscard]] double share_of(const FunctionTable& table, const Amount& amount);
/// The 95 % interval of that share; without width for rows that are exact.
[[nodiscard]] Interval interval_of(const FunctionTable& table, const FunctionStats& row,
                                   const Amount& amount);

}  // namespace strobe::analyze
