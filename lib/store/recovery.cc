#include "store/recovery.h"

#include <algorithm>
#include <vector>

namespace strobe::store {
namespace {

uint64_t last_time_ns(const Profile& profile) {
  uint64_t last = profile.info.duration_ns;
  for (const SampleRow& row : profile.samples) last = std::max(last, row.time_ns);
  for (const ProcessRow& row : profile.processes) last = std::max({last, row.start_ns, row.end_ns});
  for (const ThreadRow& row : profile.threads) last = std::max({last, row.start_ns, row.end_ns});
  return last;
}

void close_threads(Profile& profile, uint64_t end_ns) {
  std::vector<uint64_t> samples(profile.threads.size(), 0);
  for (const SampleRow& row : profile.samples) ++samples[row.thread.index()];
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    ThreadRow& row = profile.threads[i];
    // A thread's exit writes both; without it they are zero.
    if (row.end_ns == 0) row.end_ns = end_ns;
    if (row.cpu_ns == 0) row.cpu_ns = samples[i] * profile.info.period_ns;
  }
}

void count_samples(Profile& profile) {
  Quality& quality = profile.quality;
  quality.stacks.by_class.fill(0);
  for (const SampleRow& row : profile.samples) {
    ++quality.stacks.by_class[static_cast<size_t>(row.stack_class)];
  }
  SampleCounts& counts = quality.samples;
  counts.stored = profile.samples.size();
  counts.taken = counts.stored + counts.lost_queue + counts.late;
  uint64_t cpu_ns = 0;
  for (const ThreadRow& row : profile.threads) cpu_ns += row.cpu_ns;
  counts.expected = quality.rate_hz * static_cast<double>(cpu_ns) * 1e-9;
}

}  // namespace

void close_open_profile(Profile& profile, const std::string& warning) {
  const uint64_t end_ns = last_time_ns(profile);
  profile.info.duration_ns = end_ns;
  for (ProcessRow& row : profile.processes) {
    if (!row.exited) row.end_ns = end_ns;
  }
  close_threads(profile, end_ns);
  count_samples(profile);
  profile.quality.warnings.push_back(warning);
  profile.state = RecordingState::recorded;
}

}  // namespace strobe::store
