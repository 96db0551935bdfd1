// Where memory went: rows that lib/heap fills while a program runs (`run --memory`), lib/store keeps and the
// views add up. What a process occupied as a whole is in CounterRow (recording.h), which needs no agent.
// In mode `all` every number is exact. In mode `sampled` each is an unbiased estimate: a block of s bytes is
// seen with probability p = 1 - exp(-s / interval) and stands for 1/p blocks and s/p bytes; its share of the
// variance of bytes is (s/p)^2 (1 - p). Blocks are seen independently, so variances of rows add up.
// Plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace strobe {

enum class MemoryMode : uint8_t {
  none,      ///< no rows of memory by stack
  sampled,   ///< bytes by chance, MemoryInfo::interval_bytes apart on average
  all,       ///< every allocation and free
  resident,  ///< page faults by stack, no allocations
};

/// What a MemoryRow is about. Kinds are never added up, but for malloc and python: objects of the heap.
enum class MemoryKind : uint8_t {
  malloc,  ///< malloc and its relatives, C++ new
  mmap,    ///< the program's own mappings
  python,  ///< small objects that the interpreter's own allocator handed out (--python-allocators)
  fault,   ///< pages that became resident: `count` page faults, `bytes` = count × the page size
};

[[nodiscard]] constexpr bool is_heap(MemoryKind kind) {
  return kind == MemoryKind::malloc || kind == MemoryKind::python;
}

/// How allocations were recorded.
struct MemoryInfo {
  MemoryMode mode = MemoryMode::none;
  uint64_t interval_bytes = 0;  ///< mode sampled: mean distance of samples; mode resident: faults per sample
  bool python_allocators = false;  ///< small Python objects as well
};

/// Blocks and their bytes, exact or estimated; `variance` is that of `bytes`, 0 where exact.
struct MemoryAmount {
  uint64_t bytes = 0;
  uint64_t count = 0;
  double variance = 0;

  friend bool operator==(const MemoryAmount&, const MemoryAmount&) = default;
};

/// What one process allocated from one stack. A block that realloc moved or changed counts as freed and
/// allocated anew, by the stack of the realloc. Blocks that a child inherited are not its own.
struct MemoryRow {
  ProcessId process;
  StackId stack;  ///< the leaf's node: the caller of malloc is its leaf; none where there was no stack
  MemoryKind kind = MemoryKind::malloc;
  MemoryAmount allocated;  ///< in all, from beginning to end
  MemoryAmount peak;       ///< of it, live at the peak of its process (MemoryProcessRow) and kind
  MemoryAmount live;       ///< of it, live when the process, or the recording, ended
  MemoryAmount temporary;  ///< of it, freed before the same thread allocated anything else
};

/// Classes of sizes: class 0 holds sizes of 0 bytes, class i sizes of i bits, so from 2^(i-1) to 2^i - 1.
inline constexpr size_t kMemorySizeClasses = 49;  ///< the last holds all larger ones

/// A process that had the agent.
struct MemoryProcessRow {
  uint64_t peak_bytes = 0;  ///< of the heap (malloc and python together): the most that was live at once
  uint64_t peak_ns = 0;     ///< when, relative to the recording's start
  uint64_t mapped_peak_bytes = 0;  ///< of mmap, for itself
  uint64_t mapped_peak_ns = 0;
  uint64_t invalid_frees = 0;  ///< of what was no live block: freed twice, or never allocated
  /// Blocks of the heap that were allocated, by size. `variance` is not used.
  std::array<MemoryAmount, kMemorySizeClasses> sizes{};
};

/// What was live in a process at a moment, some ten times a second.
struct MemoryPointRow {
  uint64_t time_ns = 0;  ///< relative to the recording's start
  ProcessId process;
  uint64_t live_bytes = 0;    ///< of the heap
  uint64_t mapped_bytes = 0;  ///< of mmap
};

/// A process (or a group of them under one command name) whose allocations could not be seen.
struct UnseenProcess {
  int32_t pid = 0;  ///< of the first one
  std::string command;
  std::string reason;  ///< "static binary", "statically linked allocator", "environment cleared", …
  uint64_t count = 0;  ///< processes in this row
};

/// How good the rows of memory are. Part of Quality.
struct MemoryCounts {
  uint64_t processes = 0;  ///< that had the agent
  uint64_t events = 0;     ///< allocations and frees that the agent told
  uint64_t lost = 0;       ///< of them, without a row
  /// Why sums, peaks and leaks cannot be judged ("the agent in 4711 turned itself off: …"); empty: they can.
  std::string not_judged;
  std::vector<UnseenProcess> unseen;
};

/// "none", "sampled", "all", "resident".
[[nodiscard]] std::string_view name_of(MemoryMode mode);
/// "malloc", "mmap", "python", "fault".
[[nodiscard]] std::string_view name_of(MemoryKind kind);

}  // namespace strobe
