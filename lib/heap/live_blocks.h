// The blocks of a process: by address their size and stack, and whether they are live. For some ten million
// changes a second. Blocks that are gone stay known for a while, so that one that is freed twice is found
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace strobe::heap {

struct Block {
  uint64_t size = 0;   ///< below 2^40
  uint32_t stack = 0;  ///< below 2^24
  bool python = false;
};

class LiveBlocks {
 public:
  LiveBlocks() : entries_(size_t{1} << kFirstBits) {}

  /// The live block that was there before, if any. An address is never 0, and below 2^48.
  std::optional<Block> insert(uint64_t address, const Block& block);
  enum class Removal : uint8_t {
    done,
    gone_before,  ///< it was there once
    unknown,
  };
  Removal remove(uint64_t address, Block& out);
  [[nodiscard]] size_t size() const { return live_; }  ///< live ones

 private:
  static constexpr int kFirstBits = 12;
  static constexpr uint64_t kGone = uint64_t{1} << 63;
  static constexpr uint64_t kPython = uint64_t{1} << 62;
  struct Entry {
    uint64_t address = 0;  ///< 0: free place; with kGone and kPython
    uint64_t body = 0;     ///< 0 to 39 size, 40 to 63 stack
  };
  [[nodiscard]] Entry& find(uint64_t address) {
    const size_t mask = entries_.size() - 1;
    size_t place = (address >> 4) * 0x9E3779B97F4A7C15ull >> (64 - bits_);
    while (entries_[place].address != 0 && (entries_[place].address & ~(kGone | kPython)) != address) {
      place = (place + 1) & mask;
    }
    return entries_[place];
  }
  [[nodiscard]] static Block unpack(const Entry& entry);
  void make_room();

  std::vector<Entry> entries_;  // a power of two, at most half full; linear probing
  int bits_ = kFirstBits;
  size_t used_ = 0;
  size_t live_ = 0;
};

}  // namespace strobe::heap
