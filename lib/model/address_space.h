// The executable mappings of one process, and the one conversion between runtime and file addresses.
// A value: copied at fork, cleared at exec. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "model/address.h"
#include "model/ids.h"

namespace strobe {

/// A module at a place in a process. `bias` = runtime address - file address of anything in it.
struct Mapping {
  RuntimeAddr start{};
  RuntimeAddr end{};  ///< exclusive
  uint64_t bias = 0;  ///< modulo 2^64
  ModuleId module;

  [[nodiscard]] bool contains(RuntimeAddr address) const { return start <= address && address < end; }
  [[nodiscard]] FileAddr to_file(RuntimeAddr address) const { return FileAddr{raw(address) - bias}; }
  [[nodiscard]] RuntimeAddr to_runtime(FileAddr address) const { return RuntimeAddr{raw(address) + bias}; }
};

class AddressSpace {
 public:
  /// Adds a mapping; what it overlaps is cut or removed, as by mmap(2) with MAP_FIXED.
  void insert(const Mapping& mapping);
  void clear();

  /// The mapping that contains `address`, or nullptr. Valid until the next change.
  [[nodiscard]] const Mapping* find(RuntimeAddr address) const;
  [[nodiscard]] const std::vector<Mapping>& mappings() const { return mappings_; }  ///< by start

  /// Changes whenever a lookup might change; unique over all address spaces of this process of Strobe,
  /// but for copies: a copy has its original's until either changes. Never 0.
  [[nodiscard]] uint64_t generation() const { return generation_; }

 private:
  std::vector<Mapping> mappings_;  // sorted by start, disjoint
  uint64_t generation_ = next_generation();

  static uint64_t next_generation();
};

}  // namespace strobe
