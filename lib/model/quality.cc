#include "model/quality.h"

namespace strobe {

double complete_share(const Quality& quality) {
  const auto& counts = quality.stacks.by_class;
  uint64_t all = 0;
  for (const uint64_t count : counts) all += count;
  if (all == 0) return 1;
  const uint64_t good =
      counts[static_cast<size_t>(StackClass::complete)] + counts[static_cast<size_t>(StackClass::completed)];
  return static_cast<double>(good) / static_cast<double>(all);
}

}  // namespace strobe
