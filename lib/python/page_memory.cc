#include "python/page_memory.h"

#include <cstring>

namespace strobe::python {
namespace {

constexpr uint64_t kCachePageBytes = 4096;
constexpr uint64_t kMaxPreloadBytes = 256 << 10;
constexpr size_t kMaxCachedPages = 1024;

}  // namespace

void PageMemory::clear() {
  preloaded_.clear();
  offsets_.clear();
  bytes_.clear();
}

void PageMemory::preload(uint64_t begin, uint64_t end) {
  preloaded_.clear();
  if (begin == 0 || end <= begin || end - begin > kMaxPreloadBytes) return;
  preloaded_begin_ = begin;
  preloaded_.resize(static_cast<size_t>(end - begin));
  if (!memory_->read_memory(begin, preloaded_)) preloaded_.clear();
}

/// The page's bytes, read now if need be; null where it cannot be read.
const std::byte* PageMemory::find_page(uint64_t begin) {
  if (const auto known = offsets_.find(begin); known != offsets_.end()) return bytes_.data() + known->second;
  if (offsets_.size() == kMaxCachedPages) return nullptr;
  const size_t offset = bytes_.size();
  bytes_.resize(offset + kCachePageBytes);
  if (!memory_->read_memory(begin, std::span(bytes_).subspan(offset))) {
    bytes_.resize(offset);
    return nullptr;
  }
  offsets_.emplace(begin, offset);
  return bytes_.data() + offset;
}

bool PageMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  const uint64_t inside = address - preloaded_begin_;
  if (inside < preloaded_.size() && out.size() <= preloaded_.size() - inside) {
    std::memcpy(out.data(), preloaded_.data() + inside, out.size());
    return true;
  }
  const uint64_t begin = address & ~(kCachePageBytes - 1);
  const bool crosses = address - begin + out.size() > kCachePageBytes;
  const std::byte* page = crosses ? nullptr : find_page(begin);
  if (page == nullptr) return memory_->read_memory(address, out);
  std::memcpy(out.data(), page + (address - begin), out.size());
  return true;
}

}  // namespace strobe::python
