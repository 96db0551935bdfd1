#include "analyze/merge_profiles.h"

#include <algorithm>

namespace strobe::analyze {
namespace {

/// Where the added rows of a table begin, and how many there are.
template <class Id>
struct IdShift {
  uint32_t first = 0;
  size_t count = 0;

  /// Ids out of range, of a damaged recording, lead to nothing: else they would lead into the other one's
  /// rows.
  void apply(Id& id) const { id = id.index() < count ? Id{first + id.value} : Id::none(); }
};

template <class Id, class Row>
IdShift<Id> shift_of(const std::vector<Row>& to, const std::vector<Row>& added) {
  return {static_cast<uint32_t>(to.size()), added.size()};
}

struct Shifts {
  IdShift<StringId> strings;
  IdShift<ModuleId> modules;
  IdShift<ProcessId> processes;
  IdShift<ThreadId> threads;
  IdShift<FunctionId> functions;
  IdShift<FrameId> frames;
  IdShift<StackId> stacks;

  void apply(ModuleRow& row) const {
    strings.apply(row.path);
    processes.apply(row.process);
  }
  void apply(ProcessRow& row) const {
    processes.apply(row.parent);
    strings.apply(row.command);
    strings.apply(row.command_line);
  }
  void apply(ThreadRow& row) const {
    processes.apply(row.process);
    strings.apply(row.name);
  }
  void apply(FunctionRow& row) const {
    strings.apply(row.name);
    strings.apply(row.linkage_name);
    modules.apply(row.module);
    strings.apply(row.file);
  }
  void apply(FrameRow& row) const {
    modules.apply(row.module);
    functions.apply(row.function);
    strings.apply(row.file);
    frames.apply(row.outer);
  }
  void apply(StackRow& row) const {
    stacks.apply(row.parent);
    frames.apply(row.frame);
  }
  void apply(SampleRow& row) const {
    threads.apply(row.thread);
    stacks.apply(row.stack);
  }
  void apply(StretchRow& row) const {
    threads.apply(row.thread);
    stacks.apply(row.stack);
    strings.apply(row.object);
    threads.apply(row.owner);
    threads.apply(row.waker);
  }

  template <class Row>
  void append(std::vector<Row>& to, const std::vector<Row>& rows) const {
    to.reserve(to.size() + rows.size());
    for (Row row : rows) {
      apply(row);
      to.push_back(row);
    }
  }
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& what) {
  to.insert(to.end(), what.begin(), what.end());
}

/// Of a file that both embed the text of `to` is kept: lines are shown once.
void add_sources(std::vector<SourceRow>& to, const std::vector<SourceRow>& what) {
  append(to, what);
  const auto by_path = [](const SourceRow& a, const SourceRow& b) { return a.path < b.path; };
  const auto same_path = [](const SourceRow& a, const SourceRow& b) { return a.path == b.path; };
  std::stable_sort(to.begin(), to.end(), by_path);
  to.erase(std::unique(to.begin(), to.end(), same_path), to.end());
}

/// One row for each module and reason, most first, as a recording has them.
void add_blame(std::vector<Blame>& to, const std::vector<Blame>& what) {
  for (const Blame& row : what) {
    const auto same = std::find_if(to.begin(), to.end(), [&](const Blame& known) {
      return known.module == row.module && known.reason == row.reason;
    });
    if (same == to.end()) {
      to.push_back(row);
    } else {
      same->count += row.count;
    }
  }
  std::stable_sort(to.begin(), to.end(), [](const Blame& a, const Blame& b) { return a.count > b.count; });
}

void add_counts(Quality& to, const Quality& what) {
  to.samples.expected += what.samples.expected;
  to.samples.taken += what.samples.taken;
  to.samples.stored += what.samples.stored;
  to.samples.lost_kernel += what.samples.lost_kernel;
  to.samples.lost_queue += what.samples.lost_queue;
  to.samples.late += what.samples.late;
  to.samples.throttled += what.samples.throttled;
  for (size_t i = 0; i < to.stacks.by_class.size(); ++i) to.stacks.by_class[i] += what.stacks.by_class[i];
  add_blame(to.stacks.blame, what.stacks.blame);
  to.symbols.frames += what.symbols.frames;
  to.symbols.missing += what.symbols.missing;
  add_blame(to.symbols.blame, what.symbols.blame);
  to.processes_seen += what.processes_seen;
  append(to.unsampled, what.unsampled);
  to.overhead.target_stopped_ns += what.overhead.target_stopped_ns;
  to.overhead.longest_stop_ns = std::max(to.overhead.longest_stop_ns, what.overhead.longest_stop_ns);
  to.overhead.stops += what.overhead.stops;
  to.overhead.strobe_cpu_ns += what.overhead.strobe_cpu_ns;
  to.overhead.strobe_peak_bytes = std::max(to.overhead.strobe_peak_bytes, what.overhead.strobe_peak_bytes);
  to.overhead.ring_bytes = std::max(to.overhead.ring_bytes, what.overhead.ring_bytes);
  to.offcpu.stretches += what.offcpu.stretches;
  to.offcpu.kept += what.offcpu.kept;
  to.offcpu.lost += what.offcpu.lost;
  append(to.warnings, what.warnings);
}

/// The share of kernel time is taken from threads where `kernel_sampled` is false. In a recording of both
/// kinds it is false, and processes whose kernel time was sampled have none to be taken.
void keep_sampled_kernel_time(Profile& profile, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) profile.processes[i].user_ns = profile.processes[i].system_ns = 0;
}

/// Threads without an exact time are estimated by their recording's period.
void settle_cpu_times(Profile& profile, uint64_t period_ns, size_t first_thread, size_t first_sample) {
  std::vector<uint64_t> counts(profile.threads.size() - first_thread, 0);
  for (size_t i = first_sample; i < profile.samples.size(); ++i) {
    const size_t thread = profile.samples[i].thread.index();
    if (thread >= first_thread && thread < profile.threads.size()) ++counts[thread - first_thread];
  }
  for (size_t i = 0; i < counts.size(); ++i) {
    ThreadRow& thread = profile.threads[first_thread + i];
    if (thread.cpu_ns == 0) thread.cpu_ns = counts[i] * period_ns;
  }
}

}  // namespace

Result<void> merge_into(Profile& profile, const Profile& added) {
  if (profile.counts || added.counts) {
    return fail(ErrorCode::unsupported, "counted calls and samples cannot be added up",
                "pstats adds files of cProfile: python3 -m pstats FILE, then: add FILE");
  }
  const bool pooled = profile.info.pooled_sampling || added.info.pooled_sampling;
  if (pooled && (profile.info.pooled_sampling != added.info.pooled_sampling ||
                 profile.info.period_ns != added.info.period_ns)) {
    return fail(ErrorCode::unsupported, "a recording made per CPU can only be added to one made alike",
                "record both with --per-cpu, or both without, at the same rate");
  }
  const Shifts shifts{shift_of<StringId>(profile.strings, added.strings),
                      shift_of<ModuleId>(profile.modules, added.modules),
                      shift_of<ProcessId>(profile.processes, added.processes),
                      shift_of<ThreadId>(profile.threads, added.threads),
                      shift_of<FunctionId>(profile.functions, added.functions),
                      shift_of<FrameId>(profile.frames, added.frames),
                      shift_of<StackId>(profile.stacks, added.stacks)};
  const size_t first_process = profile.processes.size();
  const size_t first_thread = profile.threads.size();
  const size_t first_sample = profile.samples.size();
  append(profile.strings, added.strings);
  shifts.append(profile.modules, added.modules);
  shifts.append(profile.processes, added.processes);
  shifts.append(profile.threads, added.threads);
  shifts.append(profile.functions, added.functions);
  shifts.append(profile.frames, added.frames);
  shifts.append(profile.stacks, added.stacks);
  shifts.append(profile.samples, added.samples);
  shifts.append(profile.stretches, added.stretches);
  // Of threads of a recording without waiting all that was not on the CPU is unknown.
  profile.info.wall = profile.info.wall || added.info.wall;
  add_sources(profile.sources, added.sources);
  add_counts(profile.quality, added.quality);
  settle_cpu_times(profile, added.info.period_ns, first_thread, first_sample);

  if (profile.info.kernel_sampled != added.info.kernel_sampled) {
    if (profile.info.kernel_sampled) keep_sampled_kernel_time(profile, 0, first_process);
    if (added.info.kernel_sampled) keep_sampled_kernel_time(profile, first_process, profile.processes.size());
    profile.info.kernel_sampled = profile.quality.kernel_sampled = false;
  }
  return {};
}

}  // namespace strobe::analyze
