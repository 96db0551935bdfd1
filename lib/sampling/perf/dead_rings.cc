#include "sampling/perf/dead_rings.h"

#include <fmt/format.h>

namespace strobe::sampling {
namespace {

constexpr uint64_t kLookIntervalNs = 50'000'000;
constexpr uint64_t kLookPerThreadNs = 1'000'000;  // counts of all threads are read

}  // namespace

Result<uint64_t> DeadRings::replace(uint64_t now_ns) {
  if (now_ns - looked_ns_ < kLookIntervalNs + kLookPerThreadNs * sources_.events->thread_count()) return 0;
  looked_ns_ = now_ns;
  RingSet& rings = *sources_.rings;
  uint64_t lost = 0;
  for (size_t i = 0; i < rings.size(); ++i) {
    if (!watch_.is_silent(i, rings.read_head(i)) || !rings.is_read(i)) continue;
    const uint64_t dead_ns = watch_.dead_ns(i, sources_.events->read_cpu_ns(i));
    if (dead_ns == 0) continue;
    if (auto replaced = rings.replace(i); !replaced) return pass(std::move(replaced));
    if (auto redirected = sources_.events->redirect(i); !redirected) return pass(std::move(redirected));
    watch_.forget(i);
    if (!kernel_) continue;
    ++replaced_;
    lost += dead_ns / period_ns_;
  }
  return lost;
}

void DeadRings::describe(Quality& quality) const {
  if (replaced_ == 0) return;
  quality.warnings.push_back(fmt::format(
      "The kernel stopped writing records of one CPU {} times, for up to 0.1 s (it happens when many "
      "threads end at once): the samples lost by it are counted.",
      replaced_));
}

}  // namespace strobe::sampling
