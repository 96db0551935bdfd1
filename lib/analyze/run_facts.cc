#include "analyze/run_facts.h"

#include <algorithm>

#include "analyze/attribution.h"
#include "analyze/exchange.h"
#include "analyze/purposes.h"
#include "analyze/resident_series.h"
#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// The program itself: the first process, where it was started and seen to end; else the recording.
double measure_wall(const Profile& profile) {
  if (profile.info.exit_status && !profile.processes.empty()) {
    const ProcessRow& program = profile.processes.front();
    if (program.exited && program.end_ns > program.start_ns) {
      return seconds_of(program.end_ns - program.start_ns);
    }
  }
  return seconds_of(profile.info.duration_ns);
}

/// Divides the exact CPU time of each process as the kernel divides user and system time.
void measure_cpu(const Profile& profile, const Attribution& attribution, RunFacts& facts) {
  facts.cpu_seconds = attribution.cpu_seconds;
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    const ThreadRow& thread = profile.threads[i];
    double system_share = 0;
    if (thread.process.index() < profile.processes.size()) {
      const ProcessRow& process = profile.processes[thread.process.index()];
      const double system = static_cast<double>(process.system_ns);
      const double sum = static_cast<double>(process.user_ns) + system;
      if (sum > 0) system_share = system / sum;
    }
    facts.system_seconds += attribution.threads[i].cpu_seconds * system_share;
    if (thread.end_ns > thread.start_ns) facts.thread_seconds += seconds_of(thread.end_ns - thread.start_ns);
    facts.voluntary_switches += thread.voluntary_switches;
    facts.forced_switches += thread.forced_switches;
  }
  facts.user_seconds = facts.cpu_seconds - facts.system_seconds;
}

void measure_purposes(const Profile& profile, const Attribution& attribution,
                      const std::vector<Purpose>& purposes, RunFacts& facts) {
  for (const SampleRow& sample : profile.samples) {
    if (sample.stack.index() >= purposes.size() || sample.thread.index() >= profile.threads.size()) continue;
    const double seconds = attribution.threads[sample.thread.index()].seconds_per_sample;
    const Purpose purpose = purposes[sample.stack.index()];
    if (purpose == Purpose::startup) facts.startup_seconds += seconds;
    if (purpose == Purpose::copying) facts.copying_seconds += seconds;
  }
}

void measure_memory(const Profile& profile, RunFacts& facts) {
  const ResidentSeries series = sum_resident(profile);
  facts.minor_faults = series.minor_faults;
  facts.major_faults = series.major_faults;
  if (series.points.empty()) return;
  facts.rss_peak_bytes = static_cast<double>(series.rss_peak_bytes);
  if (!series.has_pss) return;
  facts.pss_peak_bytes = static_cast<double>(series.pss_peak_bytes);
  facts.pss_mean_bytes = series.pss_mean_bytes;
}

SelectedThreads choose_working(const Profile& profile, const Attribution& attribution,
                               const std::vector<Purpose>& purposes) {
  std::vector<double> own;
  for (const ThreadShare& thread : attribution.threads) own.push_back(thread.cpu_seconds);
  for (const SampleRow& sample : profile.samples) {
    const size_t thread = sample.thread.index();
    if (thread >= own.size() || sample.stack.index() >= purposes.size()) continue;
    if (purposes[sample.stack.index()] == Purpose::startup) {
      own[thread] -= attribution.threads[thread].seconds_per_sample;
    }
  }
  const double busiest = own.empty() ? 0 : *std::ranges::max_element(own);
  SelectedThreads working(own.size(), false);
  for (size_t i = 0; i < own.size(); ++i) working[i] = own[i] > 0 && own[i] >= kWorkingShare * busiest;
  return working;
}

void measure_working(const Profile& profile, const SelectedThreads& working, RunFacts& facts) {
  std::vector<bool> processes(profile.processes.size(), false);
  for (size_t i = 0; i < working.size(); ++i) {
    if (!working[i]) continue;
    const ThreadRow& thread = profile.threads[i];
    ++facts.working_threads;
    if (thread.process.index() < processes.size()) processes[thread.process.index()] = true;
    if (thread.end_ns > thread.start_ns) facts.working_seconds += seconds_of(thread.end_ns - thread.start_ns);
  }
  facts.working_processes = static_cast<size_t>(std::ranges::count(processes, true));
  if (!facts.has_states) return;
  facts.states = sum_states(profile, select_all(profile)).sum;
  facts.working_states = sum_states(profile, working).sum;
  facts.exchange_seconds = measure_exchange(profile, working);
}

}  // namespace

SelectedThreads find_working_threads(const Profile& profile) {
  return choose_working(profile, attribute(profile, select_all(profile)), find_purposes(profile));
}

RunFacts sum_up_run(const Profile& profile) {
  RunFacts facts;
  const Attribution attribution = attribute(profile, select_all(profile));
  facts.wall_seconds = measure_wall(profile);
  facts.processes = profile.processes.size();
  facts.threads = profile.threads.size();
  facts.exit_status = profile.info.exit_status;
  facts.has_states = profile.info.wall;
  measure_cpu(profile, attribution, facts);
  if (facts.wall_seconds > 0) facts.parallelism = facts.cpu_seconds / facts.wall_seconds;
  const std::vector<Purpose> purposes = find_purposes(profile);
  measure_working(profile, choose_working(profile, attribution, purposes), facts);
  measure_purposes(profile, attribution, purposes, facts);
  measure_memory(profile, facts);
  return facts;
}

}  // namespace strobe::analyze
