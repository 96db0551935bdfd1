// Which releases the agent has to look at. Every release asks a small filter first: in mode `sampled` few
// blocks are of interest, and one byte tells of nearly all others that they are not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strobe::heap::agent {

/// By address, how many blocks of interest may be there: 0 means none for certain. All ones where every
/// release is told.
class ReleaseFilter {
 public:
  static constexpr size_t kPlaces = 8192;

  [[nodiscard]] bool may_matter(const void* block) const {
    return counts_[place_of(block)].load(std::memory_order_relaxed) != 0;
  }
  void add(const void* block);
  void remove(const void* block);
  void add_for_good(const void* block);
  /// All but what is there for good.
  void fill(uint8_t count);

 private:
  static size_t place_of(const void* block) {
    return reinterpret_cast<uint64_t>(block) * 0x9E3779B97F4A7C15ull >> 51;
  }
  std::atomic<uint8_t> counts_[kPlaces];
};
extern constinit ReleaseFilter release_filter;

/// The blocks that were sampled and live. Memory that the object lives in is zeroed.
class SampledBlocks {
 public:
  /// False where there is no room, or this thread is changing the table right now.
  [[nodiscard]] bool add(const void* block);
  /// Whether it was there.
  [[nodiscard]] bool remove(const void* block);

 private:
  struct Table {
    uint64_t mask = 0;
    std::atomic<uint64_t> blocks[1];  // mask + 1 of them
  };
  static Table* make_table(uint64_t capacity);
  [[nodiscard]] static std::atomic<uint64_t>* find(Table& table, uint64_t block);
  [[nodiscard]] bool make_room();

  std::atomic<Table*> table_;  // replaced under the lock; older ones stay for those who read them
  std::atomic<uint32_t> changing_;
  uint64_t used_ = 0;  // places, also of blocks that are gone
  uint64_t live_ = 0;
};

}  // namespace strobe::heap::agent
