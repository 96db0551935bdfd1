#include "heap/live_blocks.h"

namespace strobe::heap {
namespace {

constexpr int kStackShift = 40;
constexpr uint64_t kSizeMask = (uint64_t{1} << kStackShift) - 1;

uint64_t pack(const Block& block) { return (block.size & kSizeMask) | uint64_t{block.stack} << kStackShift; }

}  // namespace

std::optional<Block> LiveBlocks::insert(uint64_t address, const Block& block) {
  Entry* entry = &find(address);
  std::optional<Block> before;
  if (entry->address != 0 && (entry->address & kGone) == 0) {
    before = unpack(*entry);
  } else if (entry->address == 0 && (used_ + 1) * 2 > entries_.size()) {
    make_room();
    entry = &find(address);
  }
  if (entry->address == 0) ++used_;
  if (!before) ++live_;
  *entry = {address | (block.python ? kPython : 0), pack(block)};
  return before;
}

LiveBlocks::Removal LiveBlocks::remove(uint64_t address, Block& out) {
  Entry& entry = find(address);
  if (entry.address == 0) return Removal::unknown;
  if ((entry.address & kGone) != 0) return Removal::gone_before;
  out = unpack(entry);
  entry.address |= kGone;
  --live_;
  return Removal::done;
}

Block LiveBlocks::unpack(const Entry& entry) {
  return {.size = entry.body & kSizeMask,
          .stack = static_cast<uint32_t>(entry.body >> kStackShift),
          .python = (entry.address & kPython) != 0};
}

/// Allocators give the same addresses again and again. Where they do not, blocks that are gone are forgotten.
void LiveBlocks::make_room() {
  const bool grow = live_ * 4 > entries_.size();
  std::vector<Entry> old(entries_.size() * (grow ? 2 : 1));
  old.swap(entries_);
  bits_ += grow ? 1 : 0;
  used_ = live_;
  for (const Entry& entry : old) {
    if (entry.address != 0 && (entry.address & kGone) == 0) find(entry.address & ~kPython) = entry;
  }
}

}  // namespace strobe::heap
