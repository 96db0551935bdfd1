#include "analyze/attribution.h"

#include <algorithm>
#include <map>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// Threads whose shares are computed together.
struct Group {
  double seconds = 0;
  uint64_t samples = 0;
};

double kernel_share(const Profile& profile, const ThreadRow& thread) {
  if (profile.info.kernel_sampled || thread.process.index() >= profile.processes.size()) return 0;
  const ProcessRow& process = profile.processes[thread.process.index()];
  const double user = static_cast<double>(process.user_ns);
  const double system = static_cast<double>(process.system_ns);
  return user + system > 0 ? system / (user + system) : 0;
}

/// By thread, the group it belongs to: itself, or with pooled sampling all threads of that command.
std::vector<size_t> make_groups(const Profile& profile) {
  std::vector<size_t> group_of(profile.threads.size());
  std::map<std::string, size_t> pools;
  for (size_t i = 0; i < group_of.size(); ++i) {
    group_of[i] = i;
    if (!profile.info.pooled_sampling) continue;
    const ThreadRow& thread = profile.threads[i];
    const size_t process = thread.process.index();
    const StringId name =
        process < profile.processes.size() ? profile.processes[process].command : thread.name;
    group_of[i] = pools.emplace(profile.text(name), i).first->second;
  }
  return group_of;
}

void count_samples(const Profile& profile, const SelectedThreads& selected, Attribution& result) {
  for (const SampleRow& sample : profile.samples) {
    const size_t thread = sample.thread.index();
    if (thread >= selected.size() || !selected[thread]) continue;
    ++result.threads[thread].samples;
    ++result.samples;
  }
}

void measure_threads(const Profile& profile, const SelectedThreads& selected, Attribution& result) {
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    if (!selected[i]) continue;
    ThreadShare& share = result.threads[i];
    uint64_t cpu_ns = profile.threads[i].cpu_ns;
    if (cpu_ns == 0 && share.samples > 0) {  // Strobe was killed before it learnt the exact time
      cpu_ns = share.samples * profile.info.period_ns;
      ++result.estimated_threads;
    }
    share.cpu_seconds = seconds_of(cpu_ns);
    share.kernel_seconds = share.cpu_seconds * kernel_share(profile, profile.threads[i]);
    result.cpu_seconds += share.cpu_seconds;
    result.kernel_seconds += share.kernel_seconds;
  }
}

}  // namespace

Attribution attribute(const Profile& profile, const SelectedThreads& selected) {
  Attribution result;
  result.threads.resize(profile.threads.size());
  count_samples(profile, selected, result);
  measure_threads(profile, selected, result);

  const std::vector<size_t> group_of = make_groups(profile);
  std::vector<Group> groups(result.threads.size());
  for (size_t i = 0; i < result.threads.size(); ++i) {
    const ThreadShare& share = result.threads[i];
    groups[group_of[i]].seconds += share.cpu_seconds - share.kernel_seconds;
    groups[group_of[i]].samples += share.samples;
  }
  for (size_t i = 0; i < result.threads.size(); ++i) {
    ThreadShare& share = result.threads[i];
    const Group& group = groups[group_of[i]];
    if (group.samples == 0) {
      share.too_short_seconds = share.cpu_seconds - share.kernel_seconds;
      result.too_short_seconds += share.too_short_seconds;
    } else {
      share.seconds_per_sample = group.seconds / static_cast<double>(group.samples);
    }
  }
  double spread = 0;
  for (const Group& group : groups) {
    if (group.samples == 0) continue;
    result.sampled_seconds += group.seconds;
    spread += group.seconds * group.seconds / static_cast<double>(group.samples);
  }
  if (spread > 0) result.effective_samples = result.sampled_seconds * result.sampled_seconds / spread;
  return result;
}

}  // namespace strobe::analyze
