// What a process has allocated and mapped, by stack, as its events tell: a pure state machine. Exact in mode
// `all`; in mode `sampled` every block stands for as many as model/memory.h says, and mappings are exact.
// Takes some ten million events a second.
#pragma once

#include <array>
#include <cstdint>

#include "heap/live_blocks.h"
#include "heap/live_regions.h"
#include "heap/ring_file.h"
#include "heap/stack_book.h"
#include "model/memory.h"

namespace strobe::heap {

class ProcessHeap {
 public:
  ProcessHeap(Mode mode, uint64_t interval_bytes);

  ProcessHeap(const ProcessHeap&) = delete;
  ProcessHeap& operator=(const ProcessHeap&) = delete;

  void take(const Event& event, uint64_t time_ns);

  /// By stack: malloc's blocks, small objects of Python, mappings.
  [[nodiscard]] StackBook& heap() { return heap_; }
  [[nodiscard]] StackBook& python() { return python_; }
  [[nodiscard]] StackBook& mapped() { return mapped_; }
  /// Of malloc's blocks and Python's objects together.
  [[nodiscard]] const HeapTotal& heap_total() const { return heap_total_; }
  [[nodiscard]] const HeapTotal& mapped_total() const { return mapped_total_; }

  [[nodiscard]] uint64_t events() const { return events_; }
  /// Of blocks that were freed before. Those that were never seen may be older than the agent.
  [[nodiscard]] uint64_t invalid_frees() const { return invalid_frees_; }
  /// Blocks of the heap by size, as MemoryProcessRow has them.
  [[nodiscard]] const std::array<Amount, kMemorySizeClasses>& sizes() const { return sizes_; }

 private:
  struct ThreadPlace {
    uint64_t last_address = 0;  ///< allocated by it last, and not freed; 0: none
    uint64_t realloc_address = 0;
    Block realloc_block;
    bool realloc_temporary = false;
  };

  [[nodiscard]] StackBook& book_of(const Block& block) { return block.python ? python_ : heap_; }
  [[nodiscard]] Amount worth_of(uint64_t size) const;
  void allocate(const Event& event, uint64_t time_ns);
  void remove(const Event& event);
  void take_back(const Event& event);
  void unmap(const Event& event);
  void map(const Event& event, uint64_t time_ns);

  Mode mode_;
  double interval_bytes_;
  LiveBlocks blocks_;
  LiveRegions regions_;
  HeapTotal heap_total_;
  HeapTotal mapped_total_;
  StackBook heap_{heap_total_};
  StackBook python_{heap_total_};
  StackBook mapped_{mapped_total_};
  std::array<ThreadPlace, kThreadMask + 1> threads_{};
  std::array<Amount, kMemorySizeClasses> sizes_{};
  uint64_t events_ = 0;
  uint64_t invalid_frees_ = 0;
};

}  // namespace strobe::heap
