#include "heap/agent/stack_nodes.h"

#include "heap/agent/lock.h"
#include "heap/agent/system.h"

namespace strobe::heap::agent {
namespace {

constexpr uint32_t kFirstCapacity = 4096;
constexpr int kMaxStorageLooks = 50;  // of 1 ms

uint64_t hash_of(uint32_t parent, uint64_t code, uint32_t detail) {
  uint64_t value = (code ^ uint64_t{detail} << 48) * 0x9E3779B97F4A7C15ull + parent;
  value = (value ^ value >> 32) * 0xD1B54A32D192ED03ull;
  return value ^ value >> 29;
}

}  // namespace

StackNodes::Index* StackNodes::make_index(uint32_t capacity) {
  auto* index = static_cast<Index*>(get_pages(sizeof(Index) + capacity * sizeof(uint32_t)));
  if (index != nullptr) index->mask = capacity - 1;
  return index;
}

bool StackNodes::open(RingHeader& header, Node* nodes) {
  header_ = &header;
  nodes_ = nodes;
  first_ = 1;
  header.node_count.store(1, std::memory_order_relaxed);
  index_.store(make_index(kFirstCapacity), std::memory_order_relaxed);
  return index_.load(std::memory_order_relaxed) != nullptr;
}

uint32_t StackNodes::find(const Index& index, uint32_t parent, uint64_t code, uint32_t detail,
                          uint32_t& place) const {
  place = static_cast<uint32_t>(hash_of(parent, code, detail)) & index.mask;
  while (true) {
    const uint32_t id = index.places[place].load(std::memory_order_acquire);
    if (id == kNone) return kNone;
    const Node& node = nodes_[id];
    if (node.code == code && node.parent == parent && node.detail == detail) return id;
    place = (place + 1) & index.mask;
  }
}

uint32_t StackNodes::find_or_add(uint32_t parent, uint64_t code, uint32_t detail) {
  uint32_t place = 0;
  const Index* index = index_.load(std::memory_order_acquire);
  const uint32_t id = find(*index, parent, code, detail, place);
  return id != kNone ? id : add(parent, code, detail);
}

uint32_t StackNodes::add(uint32_t parent, uint64_t code, uint32_t detail) {
  const Lock lock(adding_);
  if (!lock.held()) return kNone;
  Index* index = index_.load(std::memory_order_relaxed);
  uint32_t place = 0;
  if (const uint32_t id = find(*index, parent, code, detail, place); id != kNone) return id;
  const uint32_t id = header_->node_count.load(std::memory_order_relaxed);
  if (!has_storage(id)) return kNone;
  if ((id - first_ + 1) * 2 > index->mask) {
    if (!grow()) return kNone;
    index = index_.load(std::memory_order_relaxed);
    static_cast<void>(find(*index, parent, code, detail, place));
  }
  nodes_[id] = {.code = code, .parent = parent, .detail = detail};
  header_->node_count.store(id + 1, std::memory_order_release);
  index->places[place].store(id, std::memory_order_release);
  return id;
}

/// The reader adds storage long before it is needed, unless very many stacks come at once.
bool StackNodes::has_storage(uint32_t id) {
  if (id >= header_->node_capacity) return false;
  for (int looks = 0; id >= header_->nodes_ready.load(std::memory_order_acquire); ++looks) {
    if (looks == kMaxStorageLooks) return false;
    sleep_ms(1);
  }
  return true;
}

bool StackNodes::grow() {
  const Index* old = index_.load(std::memory_order_relaxed);
  Index* index = make_index((old->mask + 1) * 4);
  if (index == nullptr) return false;
  const uint32_t count = header_->node_count.load(std::memory_order_relaxed);
  for (uint32_t id = first_; id < count; ++id) {
    const Node& node = nodes_[id];
    uint32_t place = 0;
    static_cast<void>(find(*index, node.parent, node.code, node.detail, place));
    index->places[place].store(id, std::memory_order_relaxed);
  }
  index_.store(index, std::memory_order_release);
  return true;
}

void StackNodes::begin_anew() {
  const Lock lock(adding_);
  if (!lock.held()) return;
  Index* index = make_index(kFirstCapacity);
  if (index == nullptr) return;
  first_ = header_->node_count.load(std::memory_order_relaxed);
  index_.store(index, std::memory_order_release);
}

}  // namespace strobe::heap::agent
