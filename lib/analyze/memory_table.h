// Who allocated: bytes and blocks by function, line, file, module or process, of the kinds of memory the user
// asked for, restricted as views of CPU time are. Sums over the rows of memory (model/memory.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/call_tree.h"
#include "analyze/frame_keys.h"
#include "analyze/leak_suppressions.h"
#include "analyze/ordering.h"
#include "analyze/resident_series.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Which of the four amounts of a row a view is about.
enum class MemoryMeasure : uint8_t {
  allocated,  ///< in all
  peak,       ///< live when its process had most
  live,       ///< live at the end
  temporary,  ///< freed before the thread allocated anything else
};
inline constexpr size_t kMemoryMeasureCount = 4;

struct MemoryUse {
  MemoryAmount by_measure[kMemoryMeasureCount];

  [[nodiscard]] const MemoryAmount& of(MemoryMeasure measure) const {
    return by_measure[static_cast<size_t>(measure)];
  }
  MemoryUse& operator+=(const MemoryUse& other);
  [[nodiscard]] bool is_nothing() const;
};
[[nodiscard]] MemoryUse use_of(const MemoryRow& row);

/// What rows of memory a view takes.
struct MemoryChoice {
  MemoryMeasure measure = MemoryMeasure::allocated;
  std::optional<MemoryKind> kind;                  ///< none: the heap, malloc and Python's objects together
  const LeakSuppressions* suppressions = nullptr;  ///< borrowed; of live memory, what matches is left out
};

struct MemoryStats {
  FunctionIdentity function;
  MemoryUse own;    ///< it called malloc itself
  MemoryUse total;  ///< it is anywhere on the stack; recursion counts once
};

/// What suppressions left out.
struct SuppressedLeaks {
  MemoryAmount amount;
  size_t rules = 0;  ///< that matched any
};

struct MemoryTable {
  std::vector<MemoryStats> rows;  ///< most own bytes of the measure first, then most total, then by name
  Grouping grouping = Grouping::function;
  MemoryMeasure measure = MemoryMeasure::allocated;
  MemoryUse whole;  ///< of the selected processes, before filters
  MemoryUse shown;  ///< what filters left
  SuppressedLeaks suppressed;
};

/// `stacks` says what is selected and filtered; `grouping` is any but thread.
[[nodiscard]] MemoryTable make_memory_table(const Profile& profile, const WeightedStacks& stacks,
                                            const MemoryChoice& choice, Grouping grouping);

/// By key, of functions or lines.
struct MemoryKeySums {
  std::vector<MemoryUse> own;    ///< it called malloc itself
  std::vector<MemoryUse> total;  ///< it is anywhere on the stack
};
/// What the filters of `stacks` leave. Empty where there is nothing of the kind.
[[nodiscard]] MemoryKeySums sum_memory_keys(const Profile& profile, const WeightedStacks& stacks,
                                            const MemoryChoice& choice, const FrameKeys& keys);

/// What the columns of other views are of: the heap, or page faults where those were recorded.
[[nodiscard]] MemoryChoice usual_choice(const Profile& profile);

/// The calls that lead to the allocations: `seconds` of its amounts are bytes, `samples` blocks.
[[nodiscard]] CallTree make_memory_tree(const Profile& profile, const WeightedStacks& stacks,
                                        const MemoryChoice& choice, const TreeOptions& options);

/// By function of `stacks`: whether it is on a stack that memory was allocated from, as far as filters show.
[[nodiscard]] std::vector<bool> functions_of_memory(const Profile& profile, const WeightedStacks& stacks);

/// By process of the profile: whether one of its threads is selected. A process without threads is where all
/// threads are.
[[nodiscard]] SelectedProcesses select_processes(const Profile& profile, const SelectedThreads& selected);

/// The 95 % interval of an amount's bytes, to each side; 0 where they are exact.
[[nodiscard]] double error_of(const MemoryAmount& amount);

/// "own", "total", "bytes", "count", "average", "allocated", "peak", "live", "temporary"; or one of pstats'
/// words, where time is bytes and calls are blocks.
struct MemorySortKey {
  enum class Column : uint8_t { own, total, count, average, measure, place } column = Column::own;
  MemoryMeasure measure = MemoryMeasure::allocated;  ///< of column measure
  SortKey place = SortKey::name;                     ///< of column place
};
Result<MemorySortKey> find_memory_sort_key(std::string_view word);
[[nodiscard]] std::vector<std::string> memory_sort_words();
[[nodiscard]] std::string describe(const MemorySortKey& key);

struct MemoryOrder {
  std::vector<MemorySortKey> keys = {{}};
  bool reverse = false;
  std::vector<Restriction> restrictions;
};
[[nodiscard]] OrderedRows order_memory(const MemoryTable& table, const MemoryOrder& order);

}  // namespace strobe::analyze
