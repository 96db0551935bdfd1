#include "sampling/perf/ring_keeper.h"

#include <fmt/format.h>

namespace strobe::sampling {
namespace {

constexpr uint64_t kLookIntervalNs = 50'000'000;
constexpr uint64_t kLookPerThreadNs = 1'000'000;  // counts of all threads are read

}  // namespace

Result<uint64_t> RingKeeper::replace_dead(uint64_t now_ns) {
  if (now_ns - looked_ns_ < kLookIntervalNs + kLookPerThreadNs * sources_.events->thread_count()) return 0;
  looked_ns_ = now_ns;
  RingSet& rings = *sources_.rings;
  uint64_t lost = 0;
  for (size_t i = 0; i < rings.size(); ++i) {
    if (!watch_.is_silent(i, rings.read_head(i)) || !rings.is_read(i)) continue;
    const uint64_t dead_ns = watch_.dead_ns(i, sources_.events->read_cpu_ns(i));
    if (dead_ns == 0) continue;
    if (auto replaced = rings.replace(i); !replaced) return pass(std::move(replaced));
    if (auto redirected = sources_.events->redirect(i, rings.owner(i)); !redirected)
      return pass(std::move(redirected));
    watch_.forget(i);
    if (!kernel_) continue;
    ++replaced_;
    lost += dead_ns / period_ns_;
  }
  return lost;
}

Result<void> RingKeeper::wake_at_every_record(const std::function<void()>& drain) {
  RingSet& rings = *sources_.rings;
  if (refused_ || rings.wakes_at_every_record()) return {};
  const size_t wanted_bytes = rings.data(0).size();
  // The first ones may have to be small, beside the old ones of all CPUs: these get a second go.
  for (size_t step = 0; step < 2 * rings.size(); ++step) {
    const size_t i = step % rings.size();
    if (step >= rings.size() && rings.data(i).size() >= wanted_bytes) continue;
    if (auto woken = wake_at_every_record(i, drain); !woken) {
      refused_ = true;
      return woken;
    }
  }
  return {};
}

Result<void> RingKeeper::wake_at_every_record(size_t ring, const std::function<void()>& drain) {
  auto fresh = sources_.rings->open_waking(ring);
  if (!fresh) return pass(std::move(fresh));
  if (auto redirected = sources_.events->redirect(ring, fresh->owner); !redirected) return redirected;
  drain();  // the old one
  watch_.forget(ring);
  return sources_.rings->take(ring, std::move(*fresh));
}

void RingKeeper::describe(Quality& quality) const {
  if (replaced_ == 0) return;
  quality.warnings.push_back(fmt::format(
      "The kernel stopped writing records of one CPU {} times, for up to 0.1 s (it happens when many "
      "threads end at once): the samples lost by it are counted.",
      replaced_));
}

}  // namespace strobe::sampling
