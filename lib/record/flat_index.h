// A hash index over rows that live in a vector elsewhere: maps a key to the row's number, without storing
// the key twice. Open addressing, linear probing, never shrinks. For the hot interning tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace strobe::record {

class FlatIndex {
 public:
  static constexpr uint32_t kEmpty = UINT32_MAX;

  /// The number of the row that `equals(number)` accepts, or, when there is none, of the row that
  /// `append()` adds and returns. `hash_of(number)` gives a row's hash again when the index grows.
  template <class Equals, class Append, class HashOf>
  uint32_t find_or_add(uint64_t hash, Equals equals, Append append, HashOf hash_of) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow(hash_of);
    size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot] != kEmpty) {
      if (equals(slots_[slot])) return slots_[slot];
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = append();
    ++size_;
    return slots_[slot];
  }

 private:
  template <class HashOf>
  void grow(HashOf hash_of) {
    std::vector<uint32_t> old(slots_.empty() ? 1024 : slots_.size() * 2, kEmpty);
    old.swap(slots_);
    for (const uint32_t number : old) {
      if (number == kEmpty) continue;
      size_t slot = hash_of(number) & (slots_.size() - 1);
      while (slots_[slot] != kEmpty) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = number;
    }
  }

  std::vector<uint32_t> slots_;  // a power of two, at most three quarters full
  size_t size_ = 0;
};

/// Spreads two words over 64 bits (the finalizer of splitmix64).
[[nodiscard]] constexpr uint64_t mix_hash(uint64_t a, uint64_t b) {
  uint64_t value = a * 0x9E3779B97F4A7C15ull ^ (b + 0xD1B54A32D192ED03ull);
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

}  // namespace strobe::record
