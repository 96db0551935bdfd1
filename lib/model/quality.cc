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

uint64_t python_samples(const Quality& quality) {
  uint64_t samples = 0;
  for (const uint64_t count : quality.python.by_outcome) samples += count;
  return samples - quality.python.by_outcome[static_cast<size_t>(PythonOutcome::none)];
}

double python_full_share(const Quality& quality) {
  const uint64_t samples = python_samples(quality);
  if (samples == 0) return 1;
  const uint64_t full = quality.python.by_outcome[static_cast<size_t>(PythonOutcome::full)];
  return static_cast<double>(full) / static_cast<double>(samples);
}

}  // namespace strobe
