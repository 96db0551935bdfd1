#include "heap/live_regions.h"

#include <algorithm>
#include <iterator>

namespace strobe::heap {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMaxAddress = uint64_t{1} << 48;

uint64_t end_of(uint64_t address, uint64_t bytes) {
  const uint64_t rounded = std::min(bytes, kMaxAddress) + kPage - 1;
  return std::min(address + rounded / kPage * kPage, kMaxAddress);
}

}  // namespace

void LiveRegions::insert(uint64_t address, uint64_t bytes, uint32_t stack) {
  const uint64_t end = end_of(address, bytes);
  if (end <= address) return;
  regions_[address] = {.end = end, .stack = stack, .id = next_id_};
  parts_[next_id_++] = 1;
}

void LiveRegions::drop_part(uint64_t id, std::vector<Part>& parts) {
  const auto left = parts_.find(id);
  if (--left->second != 0) return;
  parts_.erase(left);
  parts.back().last = true;
}

std::vector<LiveRegions::Part> LiveRegions::remove(uint64_t address, uint64_t bytes) {
  std::vector<Part> parts;
  const uint64_t end = end_of(address, bytes);
  if (end <= address) return parts;
  auto place = regions_.lower_bound(address);
  if (place != regions_.begin() && std::prev(place)->second.end > address) --place;
  while (place != regions_.end() && place->first < end) {
    const uint64_t begin = place->first;
    const Region region = place->second;
    place = regions_.erase(place);
    parts.push_back({.bytes = std::min(end, region.end) - std::max(address, begin), .stack = region.stack});
    if (begin < address) {
      regions_[begin] = {.end = address, .stack = region.stack, .id = region.id};
      ++parts_[region.id];
    }
    if (end < region.end) {
      regions_[end] = region;
      ++parts_[region.id];
    }
    drop_part(region.id, parts);
  }
  return parts;
}

}  // namespace strobe::heap
