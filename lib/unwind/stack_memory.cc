#include "unwind/stack_memory.h"

#include <algorithm>
#include <array>

namespace strobe::unwind {

namespace {

constexpr uint64_t kAnchorSize = 512;
constexpr uint64_t kChunkSize = uint64_t{16} * 1024;
constexpr uint64_t kPageSize = 4096;
constexpr uint64_t kMaxLiveBytes = uint64_t{64} * 1024 * 1024;  // of one stack: 16,384 frames of 4 KiB
constexpr uint64_t kMaxStackSize = uint64_t{1024} * 1024 * 1024;
/// A frame's saved registers lie below its CFA, where the first read beyond the copy points.
constexpr uint64_t kRoomBelow = 512;

}  // namespace

void StackMemory::reset(uint64_t base, Bytes copy, bool may_go_on, MemoryReader* live, bool read_changed) {
  base_ = base;
  copy_ = copy.data();
  size_ = copy.size();
  word_limit_ = size_ < sizeof(uint64_t) ? 0 : size_ - sizeof(uint64_t) + 1;
  last_copied_sp_ = base;
  may_go_on_ = may_go_on;
  reader_ = live;
  read_changed_ = read_changed;
  used_live_ = false;
  unchanged_ = false;
  other_stack_ = false;
  failure_ = Failure::none;
  live_.clear();
  live_read_ = 0;
}

bool StackMemory::read_slowly(uint64_t address, uint64_t& out) {
  return read_memory(address, std::as_writable_bytes(std::span(&out, 1)));
}

bool StackMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  const uint64_t offset = address - base_;
  if (offset <= size_ && out.size() <= size_ - offset) {
    std::memcpy(out.data(), copy_ + offset, out.size());
    return true;
  }
  if (!load_live(address, out.size())) return false;
  std::memcpy(out.data(), live_.data() + (address - live_base_), out.size());
  return true;
}

bool StackMemory::is_above_copy(uint64_t address) const {
  return address >= base_ && address - base_ < kMaxStackSize;
}

bool StackMemory::load_live(uint64_t address, size_t size) {
  const auto loaded = [&] {
    return !live_.empty() && address >= live_base_ && address - live_base_ <= live_.size() &&
           size <= live_.size() - (address - live_base_);
  };
  if (loaded()) return true;
  if (!may_go_on_) return fail(Failure::unreadable);
  if (reader_ == nullptr) return fail(is_above_copy(address) ? Failure::beyond_copy : Failure::unreadable);
  if (!used_live_) {
    other_stack_ = !is_above_copy(address);
    unchanged_ = anchor_is_unchanged();
    if (!unchanged_ && !read_changed_) return fail(Failure::beyond_copy);
    used_live_ = true;
  }
  const bool adjoins =
      !live_.empty() && address >= live_base_ && address - live_base_ <= live_.size() + kChunkSize;
  if (!adjoins) {
    live_.clear();
    live_base_ = address - std::min(address, kRoomBelow);
    // Never below what the copy has: those bytes are from another moment. Words across its end are read anew.
    const uint64_t last_word = base_ + word_limit_;
    if (!other_stack_ && live_base_ < last_word) live_base_ = last_word;
  }
  while (!loaded()) {
    if (!append_live(live_base_ + live_.size())) return fail(Failure::unreadable);
  }
  return true;
}

bool StackMemory::append_live(uint64_t address) {
  if (live_read_ >= kMaxLiveBytes || address > UINT64_MAX - kChunkSize) return false;
  const size_t before = live_.size();
  const auto try_size = [&](uint64_t size) {
    live_.resize(before + static_cast<size_t>(size));
    return reader_->read_memory(address, std::span(live_).subspan(before));
  };
  // The stack may end within the chunk, but not within a page.
  uint64_t size = kChunkSize;
  if (!try_size(size)) {
    size = kPageSize - address % kPageSize;
    if (!try_size(size)) {
      live_.resize(before);
      return false;
    }
  }
  live_read_ += size;
  return true;
}

bool StackMemory::is_unchanged(uint64_t begin, uint64_t end) {
  begin = std::max(begin, base_);
  end = std::min(end, base_ + size_);
  if (begin >= end) return true;
  std::array<std::byte, kAnchorSize> now;
  const auto size = static_cast<size_t>(std::min(end - begin, kAnchorSize));
  return reader_->read_memory(begin, std::span(now).first(size)) &&
         std::memcmp(now.data(), copy_ + (begin - base_), size) == 0;
}

bool StackMemory::anchor_is_unchanged() {
  const uint64_t end = base_ + size_;
  // The return address into the frame that leads out of the copy lies below its stack pointer.
  const uint64_t last_slot = last_copied_sp_ - sizeof(uint64_t);
  if (other_stack_) return is_unchanged(last_slot, last_slot + kAnchorSize);
  return is_unchanged(end - std::min(size_, kAnchorSize), end) && is_unchanged(last_slot, last_copied_sp_);
}

bool StackMemory::confirm_live() { return used_live_ && unchanged_ && anchor_is_unchanged(); }

}  // namespace strobe::unwind
