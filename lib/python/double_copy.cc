#include "python/double_copy.h"

#include <algorithm>
#include <cstring>

namespace strobe::python {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr size_t kMaxPages = 256;
constexpr uint32_t kMaxUnused = 16;

}  // namespace

bool DoubleCopy::add(uint64_t begin, uint64_t size) {
  if (size == 0 || begin + size < begin || size > kMaxPages * kPageBytes) return false;
  for (uint64_t page = begin & ~(kPageBytes - 1); page < begin + size; page += kPageBytes) {
    const auto place = std::ranges::lower_bound(pages_, page, {}, &Page::begin);
    if (place != pages_.end() && place->begin == page) continue;
    if (pages_.size() == kMaxPages) return false;
    pages_.insert(place, {.begin = page});
    copied_ = 0;  // the copies have another order now
  }
  return true;
}

void DoubleCopy::age() {
  const size_t removed = std::erase_if(pages_, [](Page& page) { return ++page.unused > kMaxUnused; });
  if (removed != 0) copied_ = 0;
}

/// Appends all pages to what is to be read, neighbours together.
void DoubleCopy::add_pages(size_t copy) {
  for (size_t i = 0; i < pages_.size();) {
    const size_t first = i;
    do {
      ++i;
    } while (i < pages_.size() && pages_[i].begin == pages_[i - 1].begin + kPageBytes);
    const auto out = std::span(bytes_).subspan((copy * pages_.size() + first) * kPageBytes);
    pieces_.push_back({pages_[first].begin, out.first((i - first) * kPageBytes)});
  }
}

bool DoubleCopy::read(MemoryReader& memory, std::span<const MemoryPiece> before,
                      std::span<const MemoryPiece> after, bool& lost) {
  bytes_.resize(2 * pages_.size() * kPageBytes);
  pieces_.assign(before.begin(), before.end());
  add_pages(0);
  add_pages(1);
  pieces_.insert(pieces_.end(), after.begin(), after.end());
  const size_t filled = memory.read_many(pieces_);
  lost = false;
  copied_ = 0;
  if (filled == pieces_.size()) {
    copied_ = pages_.size();
    return true;
  }
  const MemoryPiece& failed = pieces_[filled];
  lost = std::erase_if(pages_, [&](const Page& page) {
           return page.begin >= failed.address && page.begin - failed.address < failed.out.size();
         }) == 0;
  return false;
}

std::span<const std::byte> DoubleCopy::find(Copy copy, uint64_t address, size_t size) {
  if (copied_ == 0 || size == 0 || size > kPageBytes) return {};
  auto place = std::ranges::upper_bound(pages_, address, {}, &Page::begin);
  if (place == pages_.begin()) return {};
  --place;
  const uint64_t inside = address - place->begin;
  if (inside >= kPageBytes) return {};
  if (inside + size > kPageBytes) {  // goes on in the next page, which the copies have behind it
    const auto next = place + 1;
    if (next == pages_.end() || next->begin != place->begin + kPageBytes) return {};
    next->unused = 0;
  }
  place->unused = 0;
  const auto index = static_cast<uint64_t>(place - pages_.begin()) + (copy == Copy::first ? 0 : copied_);
  return std::span<const std::byte>(bytes_).subspan(index * kPageBytes + inside, size);
}

bool CopyMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  const auto bytes = copies_->find(copy_, address, out.size());
  if (!out.empty() && bytes.size() == out.size()) {
    std::memcpy(out.data(), bytes.data(), out.size());
    return true;
  }
  if (misses_.size() == max_misses_ || !live_->read_memory(address, out)) return false;
  misses_.push_back({address, out.size()});
  return true;
}

}  // namespace strobe::python
