#include "python/page_memory.h"

#include <algorithm>
#include <cstring>

namespace strobe::python {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kMaxPreloadBytes = 256 << 10;
constexpr size_t kMaxPieces = 256;

}  // namespace

void PageMemory::preload(uint64_t begin, uint64_t end) {
  if (begin == 0 || end <= begin || end - begin > kMaxPreloadBytes) return;
  static_cast<void>(add(begin, static_cast<size_t>(end - begin)));
}

bool PageMemory::add(uint64_t begin, size_t size) {
  if (used_ == kMaxPieces) return false;
  if (used_ == pieces_.size()) pieces_.emplace_back();
  Piece& piece = pieces_[used_];
  piece.begin = begin;
  piece.bytes.resize(size);
  if (!memory_->read_memory(begin, piece.bytes)) return false;
  ++used_;
  return true;
}

const PageMemory::Piece* PageMemory::find(uint64_t address, size_t size) const {
  // The newest first: a walk goes from page to page.
  for (size_t i = used_; i > 0; --i) {
    const Piece& piece = pieces_[i - 1];
    if (address < piece.begin) continue;
    const uint64_t offset = address - piece.begin;
    if (offset < piece.bytes.size() && size <= piece.bytes.size() - offset) return &piece;
  }
  return nullptr;
}

bool PageMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  const Piece* piece = find(address, out.size());
  const uint64_t page = address & ~(kPageBytes - 1);
  const bool crosses = address - page + out.size() > kPageBytes;
  if (piece == nullptr && !crosses && add(page, kPageBytes)) piece = &pieces_[used_ - 1];
  if (piece == nullptr) return memory_->read_memory(address, out);
  std::memcpy(out.data(), piece->bytes.data() + (address - piece->begin), out.size());
  return true;
}

}  // namespace strobe::python
