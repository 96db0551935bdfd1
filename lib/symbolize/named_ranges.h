// Address ranges with names: what kernel symbols and JIT maps come down to. Built once, then looked up.
// Overlaps are allowed: the range that was added last wins where several contain an address (JITs reuse
// memory).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strobe::symbolize {

struct NamedRange {
  uint64_t start = 0;
  uint64_t end = 0;       ///< exclusive
  std::string_view name;  ///< borrowed from the text it was parsed from
  friend bool operator==(const NamedRange&, const NamedRange&) = default;
};

class NamedRanges {
 public:
  NamedRanges() = default;
  /// In order of age, oldest first.
  explicit NamedRanges(std::vector<NamedRange> ranges);

  /// nullptr where no range contains the address. Valid as long as this object.
  [[nodiscard]] const NamedRange* find(uint64_t address) const;
  [[nodiscard]] const std::vector<NamedRange>& ranges() const { return ranges_; }  ///< sorted by start

 private:
  std::vector<NamedRange> ranges_;
};

}  // namespace strobe::symbolize
