#include "symbolize/named_ranges.h"

#include <algorithm>
#include <cstddef>

namespace strobe::symbolize {
namespace {

// How many ranges that start before an address are asked whether they reach it.
constexpr int kMaxRangeStepsBack = 64;

}  // namespace

NamedRanges::NamedRanges(std::vector<NamedRange> ranges) : ranges_(std::move(ranges)) {
  std::ranges::stable_sort(ranges_, {}, &NamedRange::start);
}

const NamedRange* NamedRanges::find(uint64_t address) const {
  auto after = std::ranges::upper_bound(ranges_, address, {}, &NamedRange::start);
  for (int steps = 0; after != ranges_.begin() && steps < kMaxRangeStepsBack; ++steps) {
    --after;
    if (address < after->end) return &*after;
  }
  return nullptr;
}

}  // namespace strobe::symbolize
