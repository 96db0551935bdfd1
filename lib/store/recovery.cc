#include "store/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/open_recording.h"
#include "store/profile_loader.h"
#include "store/row_writer.h"

namespace strobe::store {
namespace {

uint64_t last_time_ns(const Profile& profile) {
  uint64_t last = profile.info.duration_ns;
  for (const SampleRow& row : profile.samples) last = std::max(last, row.time_ns);
  for (const StretchRow& row : profile.stretches) last = std::max(last, row.end_ns);
  for (const CounterRow& row : profile.counters) last = std::max(last, row.time_ns);
  for (const ProcessRow& row : profile.processes) last = std::max({last, row.start_ns, row.end_ns});
  for (const ThreadRow& row : profile.threads) last = std::max({last, row.start_ns, row.end_ns});
  return last;
}

void close_threads(Profile& profile, uint64_t end_ns) {
  std::vector<uint64_t> samples(profile.threads.size(), 0);
  for (const SampleRow& row : profile.samples) ++samples[row.thread.index()];
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    ThreadRow& row = profile.threads[i];
    // A thread's exit brings both numbers; until then the end is zero, the time zero or a part.
    if (row.end_ns != 0) continue;
    row.end_ns = end_ns;
    row.cpu_ns = std::max(row.cpu_ns, samples[i] * profile.info.period_ns);
    if (!profile.info.wall) continue;
    const uint64_t life_ns =
        end_ns - std::min(end_ns, std::max(row.start_ns, profile.quality.dropped.until_ns));
    row.waited_ns = std::max(row.waited_ns, life_ns - std::min(life_ns, row.cpu_ns));
  }
}

void count_stretches(Profile& profile) {
  OffCpuCounts& counts = profile.quality.offcpu;
  counts.kept = profile.stretches.size();
  uint64_t stands_for = 0;
  for (const StretchRow& row : profile.stretches) stands_for += row.weight;
  counts.stretches = std::max(counts.stretches, stands_for);
}

void count_samples(Profile& profile) {
  Quality& quality = profile.quality;
  quality.stacks.by_class.fill(0);
  for (const SampleRow& row : profile.samples) {
    ++quality.stacks.by_class[static_cast<size_t>(row.stack_class)];
  }
  if (quality.rate_hz == 0 && profile.info.period_ns != 0) {
    quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(profile.info.period_ns);
  }
  SampleCounts& counts = quality.samples;
  counts.stored = profile.samples.size();
  counts.taken = counts.stored + counts.lost_queue + counts.late;
  uint64_t cpu_ns = 0;
  for (const ThreadRow& row : profile.threads) cpu_ns += row.cpu_ns;
  counts.expected = quality.rate_hz * seconds_of(cpu_ns);
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
  count_stretches(profile);
  profile.quality.processes_seen = profile.processes.size();
  profile.quality.warnings.push_back(warning);
  profile.state = RecordingState::recorded;
}

Result<void> store_closed_profile(Database& database, const Profile& profile) {
  auto rows = RowWriter::make(database);
  if (!rows) return pass(std::move(rows));
  return in_transaction(database, [&]() -> Result<void> {
    Result<void> written = rows->put_info(profile.info);
    if (written) written = rows->put_quality(profile.quality);
    for (uint32_t i = 0; i < profile.processes.size(); ++i) {
      if (written) written = rows->put_process(ProcessId{i}, profile.processes[i]);
    }
    for (uint32_t i = 0; i < profile.threads.size(); ++i) {
      if (written) written = rows->put_thread(ThreadId{i}, profile.threads[i]);
    }
    if (written) written = rows->put_state(profile.state);
    return written;
  });
}

Result<void> close_recording(Database& database, uint64_t size_bytes, const std::string& warning) {
  auto profile = load_profile(database, size_bytes);
  if (!profile) return pass(std::move(profile));
  if (profile->state != RecordingState::open) return {};
  close_open_profile(*profile, warning);
  return store_closed_profile(database, *profile);
}

}  // namespace strobe::store
