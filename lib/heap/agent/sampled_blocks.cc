#include "heap/agent/sampled_blocks.h"

#include "heap/agent/lock.h"
#include "heap/agent/system.h"

namespace strobe::heap::agent {
namespace {

constexpr uint64_t kGone = 1;  // no block's address
constexpr uint64_t kFirstCapacity = 1024;
constexpr uint8_t kMany = 255;  // or more: stays

}  // namespace

constinit ReleaseFilter release_filter;

void ReleaseFilter::add(const void* block) {
  auto& count = counts_[place_of(block)];
  uint8_t value = count.load(std::memory_order_relaxed);
  while (value != kMany && !count.compare_exchange_weak(value, static_cast<uint8_t>(value + 1))) {
  }
}

void ReleaseFilter::remove(const void* block) {
  auto& count = counts_[place_of(block)];
  uint8_t value = count.load(std::memory_order_relaxed);
  while (value != kMany && value != 0 &&
         !count.compare_exchange_weak(value, static_cast<uint8_t>(value - 1))) {
  }
}

void ReleaseFilter::add_for_good(const void* block) {
  counts_[place_of(block)].store(kMany, std::memory_order_relaxed);
}

void ReleaseFilter::fill(uint8_t value) {
  for (auto& count : counts_) {
    if (count.load(std::memory_order_relaxed) != kMany) count.store(value, std::memory_order_relaxed);
  }
}

SampledBlocks::Table* SampledBlocks::make_table(uint64_t capacity) {
  auto* table = static_cast<Table*>(get_pages(sizeof(Table) + capacity * sizeof(uint64_t)));
  if (table != nullptr) table->mask = capacity - 1;
  return table;
}

/// The block's place, or the free one where it would be.
std::atomic<uint64_t>* SampledBlocks::find(Table& table, uint64_t block) {
  uint64_t place = (block * 0x9E3779B97F4A7C15ull >> 20) & table.mask;
  while (true) {
    const uint64_t other = table.blocks[place].load(std::memory_order_acquire);
    if (other == block || other == 0) return &table.blocks[place];
    place = (place + 1) & table.mask;
  }
}

bool SampledBlocks::make_room() {
  Table* old = table_.load(std::memory_order_relaxed);
  if (old != nullptr && used_ * 2 < old->mask) return true;
  const uint64_t capacity =
      old == nullptr ? kFirstCapacity : (old->mask + 1) * (live_ * 4 > old->mask ? 4 : 1);
  Table* table = make_table(capacity);
  if (table == nullptr) return false;
  used_ = 0;
  for (uint64_t i = 0; old != nullptr && i <= old->mask; ++i) {
    const uint64_t block = old->blocks[i].load(std::memory_order_relaxed);
    if (block == 0 || block == kGone) continue;
    find(*table, block)->store(block, std::memory_order_relaxed);
    ++used_;
  }
  table_.store(table, std::memory_order_release);
  return true;
}

bool SampledBlocks::add(const void* block) {
  const Lock lock(changing_);
  if (!lock.held() || !make_room()) return false;
  auto* place = find(*table_.load(std::memory_order_relaxed), reinterpret_cast<uint64_t>(block));
  if (place->load(std::memory_order_relaxed) != 0) return true;  // its release was not seen
  release_filter.add(block);
  place->store(reinterpret_cast<uint64_t>(block), std::memory_order_release);
  ++used_;
  ++live_;
  return true;
}

bool SampledBlocks::remove(const void* block) {
  const auto word = reinterpret_cast<uint64_t>(block);
  Table* table = table_.load(std::memory_order_acquire);
  if (table == nullptr || find(*table, word)->load(std::memory_order_acquire) != word) return false;
  const Lock lock(changing_);
  if (!lock.held()) return false;
  auto* place = find(*table_.load(std::memory_order_relaxed), word);
  if (place->load(std::memory_order_relaxed) != word) return false;
  place->store(kGone, std::memory_order_relaxed);
  release_filter.remove(block);
  --live_;
  return true;
}

}  // namespace strobe::heap::agent
