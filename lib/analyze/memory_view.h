// Everything that the memory view tells: sums, peaks, who allocated, how large blocks were, and what was
// resident as time went on. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "analyze/call_tree.h"
#include "analyze/memory_table.h"
#include "analyze/resident_series.h"
#include "model/recording.h"

namespace strobe::analyze {

struct MemoryViewOptions {
  MemoryChoice choice;
  Grouping grouping = Grouping::function;
  TreeOptions tree;
};

struct MemoryOfProcess {
  int32_t pid = 0;
  std::string command;
  bool has_heap = false;  ///< it had the agent: `heap` is known
  MemoryProcessRow heap;
  uint64_t rss_peak_bytes = 0;  ///< 0: it was never looked at
  uint64_t pss_peak_bytes = 0;
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;
};

struct MemoryView {
  MemoryInfo info;
  MemoryCounts quality;
  std::array<MemoryUse, 4> by_kind;        ///< of the selected processes, by MemoryKind, without filters
  std::vector<MemoryOfProcess> processes;  ///< that anything is known of; the largest resident ones first
  MemoryTable table;
  CallTree tree;  ///< of the view's measure
  std::array<MemoryAmount, kMemorySizeClasses> sizes{};
  ResidentSeries resident;
  std::vector<SeriesValue> live;
  StackFilter filter;
  uint64_t end_ns = 0;  ///< of the recording, relative to its start

  [[nodiscard]] const MemoryUse& of(MemoryKind kind) const { return by_kind[static_cast<size_t>(kind)]; }
  /// Malloc and Python's objects together.
  [[nodiscard]] MemoryUse heap() const;
  /// The process whose heap had the highest peak; null where none is known.
  [[nodiscard]] const MemoryOfProcess* highest() const;
  [[nodiscard]] bool has_rows() const;
};

[[nodiscard]] MemoryView make_memory_view(const Profile& profile, const WeightedStacks& stacks,
                                          const MemoryViewOptions& options);

/// Whether the recording tells anything of memory: by stacks, or by counters.
[[nodiscard]] bool tells_of_memory(const Profile& profile);

}  // namespace strobe::analyze
