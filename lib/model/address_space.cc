#include "model/address_space.h"

#include <algorithm>
#include <atomic>

namespace strobe {

uint64_t AddressSpace::next_generation() {
  // Relaxed and unpaired: only uniqueness counts.
  static std::atomic<uint64_t> counter{0};
  return counter.fetch_add(1, std::memory_order_relaxed) + 1;
}

void AddressSpace::insert(const Mapping& mapping) {
  if (mapping.start >= mapping.end) return;
  generation_ = next_generation();
  std::vector<Mapping> kept;
  kept.reserve(mappings_.size() + 2);
  for (const Mapping& old : mappings_) {
    if (old.end <= mapping.start || mapping.end <= old.start) {
      kept.push_back(old);
      continue;
    }
    if (old.start < mapping.start) {
      kept.push_back(old);
      kept.back().end = mapping.start;
    }
    if (mapping.end < old.end) {
      kept.push_back(old);
      kept.back().start = mapping.end;
    }
  }
  const auto place = std::upper_bound(kept.begin(), kept.end(), mapping.start,
                                      [](RuntimeAddr start, const Mapping& m) { return start < m.start; });
  kept.insert(place, mapping);
  mappings_ = std::move(kept);
}

void AddressSpace::clear() {
  mappings_.clear();
  generation_ = next_generation();
}

const Mapping* AddressSpace::find(RuntimeAddr address) const {
  auto after = std::upper_bound(mappings_.begin(), mappings_.end(), address,
                                [](RuntimeAddr a, const Mapping& m) { return a < m.start; });
  if (after == mappings_.begin()) return nullptr;
  const Mapping& candidate = *std::prev(after);
  return candidate.contains(address) ? &candidate : nullptr;
}

}  // namespace strobe
