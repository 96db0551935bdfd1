#include "python/double_copy.h"

#include <algorithm>
#include <cstring>

namespace strobe::python {
namespace {

constexpr uint64_t kMaxTotalBytes = 512 << 10;
constexpr size_t kMaxRegions = 8192;
constexpr uint32_t kMaxUnused = 16;
constexpr size_t kFewRegions = 24;  // more than these are removed as soon as they are not needed

}  // namespace

bool DoubleCopy::add(uint64_t begin, uint64_t size) {
  const auto place = std::ranges::lower_bound(regions_, begin, {}, &Region::begin);
  const bool known = place != regions_.end() && place->begin == begin;
  const uint64_t before = known ? place->size : 0;
  if (size <= before) return true;
  if (begin + size < begin || (!known && regions_.size() == kMaxRegions) ||
      total_ - before + size > kMaxTotalBytes) {
    return false;
  }
  total_ += size - before;
  if (known) {
    place->size = size;
  } else {
    regions_.insert(place, {.begin = begin, .size = size});
  }
  return true;
}

void DoubleCopy::remove(uint64_t begin) {
  const auto place = std::ranges::lower_bound(regions_, begin, {}, &Region::begin);
  if (place == regions_.end() || place->begin != begin) return;
  total_ -= place->size;
  regions_.erase(place);
}

void DoubleCopy::age() {
  const uint32_t limit = regions_.size() > kFewRegions ? 1 : kMaxUnused;
  std::erase_if(regions_, [&](Region& region) {
    if (++region.unused <= limit) return false;
    total_ -= region.size;
    return true;
  });
}

bool DoubleCopy::read(MemoryReader& memory, std::span<const MemoryPiece> before,
                      std::span<const MemoryPiece> after, bool& before_failed) {
  bytes_.resize(2 * total_);
  pieces_.assign(before.begin(), before.end());
  offsets_.clear();
  uint64_t offset = 0;
  for (int copy = 0; copy < 2; ++copy) {
    for (const Region& region : regions_) {
      if (copy == 0) offsets_.push_back(offset);
      pieces_.push_back({region.begin, std::span(bytes_).subspan(offset, region.size)});
      offset += region.size;
    }
  }
  pieces_.insert(pieces_.end(), after.begin(), after.end());
  const size_t filled = memory.read_many(pieces_);
  before_failed = filled < before.size();
  if (filled == pieces_.size()) return true;
  const size_t failed = filled - before.size();
  if (!before_failed && failed < 2 * regions_.size()) remove(regions_[failed % regions_.size()].begin);
  return false;
}

std::span<const std::byte> DoubleCopy::find(Copy copy, uint64_t address, size_t size) {
  auto place = std::ranges::upper_bound(regions_, address, {}, &Region::begin);
  if (place == regions_.begin()) return {};
  --place;
  const uint64_t inside = address - place->begin;
  const auto index = static_cast<size_t>(place - regions_.begin());
  if (inside >= place->size || size > place->size - inside || index >= offsets_.size()) return {};
  place->unused = 0;
  const uint64_t base = copy == Copy::first ? 0 : bytes_.size() / 2;
  return std::span<const std::byte>(bytes_).subspan(base + offsets_[index] + inside, size);
}

bool CopyMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  const auto bytes = copies_->find(copy_, address, out.size());
  if (bytes.size() == out.size()) {
    std::memcpy(out.data(), bytes.data(), out.size());
    return true;
  }
  if (misses_.size() == max_misses_ || !live_->read_memory(address, out)) return false;
  misses_.push_back({address, out.size()});
  return true;
}

}  // namespace strobe::python
