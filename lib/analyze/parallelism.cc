#include "analyze/parallelism.h"

#include <algorithm>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// CPU seconds by slot.
class Slots {
 public:
  Slots(double duration, size_t count) : length_(duration / static_cast<double>(count)), seconds_(count) {}

  void put_at(double time, double seconds) { seconds_[slot_of(time)] += seconds; }
  void spread(double from, double to, double seconds) {
    const size_t first = slot_of(from);
    const size_t last = slot_of(to);
    if (first == last || to <= from) return put_at(from, seconds);
    for (size_t slot = first; slot <= last; ++slot) {
      const double begin = std::max(from, static_cast<double>(slot) * length_);
      const double end = std::min(to, static_cast<double>(slot + 1) * length_);
      seconds_[slot] += seconds * std::max(0.0, end - begin) / (to - from);
    }
  }
  [[nodiscard]] double length() const { return length_; }
  [[nodiscard]] const std::vector<double>& seconds() const { return seconds_; }

 private:
  [[nodiscard]] size_t slot_of(double time) const {
    return static_cast<size_t>(std::clamp(time / length_, 0.0, static_cast<double>(seconds_.size() - 1)));
  }

  double length_;
  std::vector<double> seconds_;
};

}  // namespace

Parallelism measure_parallelism(const Profile& profile, const SelectedThreads& selected,
                                const Attribution& attribution, size_t slots) {
  Parallelism result;
  const double duration = seconds_of(profile.info.duration_ns);
  if (duration <= 0 || slots == 0) return result;
  result.average = attribution.cpu_seconds / duration;
  Slots sums(duration, slots);
  for (const SampleRow& sample : profile.samples) {
    const size_t thread = sample.thread.index();
    if (thread >= selected.size() || !selected[thread]) continue;
    const ThreadShare& share = attribution.threads[thread];
    // Time in a kernel that is not sampled is taken to lie where the rest does.
    sums.put_at(seconds_of(sample.time_ns), share.cpu_seconds / static_cast<double>(share.samples));
  }
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    const ThreadRow& row = profile.threads[i];
    if (!selected[i] || attribution.threads[i].samples > 0) continue;
    sums.spread(seconds_of(row.start_ns), seconds_of(row.end_ns), attribution.threads[i].cpu_seconds);
  }
  result.slot_seconds = sums.length();
  for (const double seconds : sums.seconds()) result.slots.push_back(seconds / sums.length());
  return result;
}

}  // namespace strobe::analyze
