#include "analyze/check_totals.h"

#include <utility>

namespace strobe::analyze::check {
namespace {

Measured exact(double value, double whole = 0) { return {.value = value, .whole = whole}; }

Measured counted(const std::optional<double>& bytes) {
  if (bytes) return exact(*bytes);
  return missing_value("the memory of its processes was not recorded", "record it again with this Strobe");
}

}  // namespace

Measured missing_value(std::string reason, std::string hint) {
  return {.state = Measured::State::missing, .reason = std::move(reason), .hint = std::move(hint)};
}

Measured without_wall() {
  return missing_value("recorded without --wall", "strobe run --wall -o FILE -- COMMAND");
}

TotalFacts::TotalFacts(const Profile& profile)
    : profile_(&profile),
      quality_(judge_quality(profile)),
      attribution_(attribute(profile, select_all(profile))),
      facts_(sum_up_run(profile)) {
  if (profile.info.wall) waits_.emplace(profile);
}

Measured TotalFacts::measure(const Measure& measure) const {
  const std::string_view subject = measure.word->subject;
  if (profile_->counts) {
    return missing_value("a file of cProfile has counts of calls and no samples",
                         "record the program: strobe run -o FILE -- python3 …");
  }
  if (subject == "quality") return measure_quality(measure.word->id);
  if (subject == "memory") return measure_memory(measure.word->id);
  if (subject == "gil") return measure_gil(measure.word->id);
  if (subject == "states") return measure_state(measure.state);
  return measure_total(measure.word->id);
}

/// Of CPU time, told by samples.
Measured TotalFacts::sampled(double seconds) const {
  return {.value = seconds,
          .whole = facts_.cpu_seconds,
          .sampled = seconds,
          .sampled_of = attribution_.sampled_seconds,
          .effective_samples = attribution_.effective_samples};
}

Measured TotalFacts::switches(uint64_t count) const {
  return facts_.has_states ? exact(static_cast<double>(count)) : without_wall();
}

Measured TotalFacts::measure_total(MeasureId id) const {
  switch (id) {
    case MeasureId::total_wall:
      return exact(facts_.wall_seconds);
    case MeasureId::total_cpu:
      return exact(facts_.cpu_seconds);
    case MeasureId::total_user:
      return exact(facts_.user_seconds, facts_.cpu_seconds);
    case MeasureId::total_system:
      return exact(facts_.system_seconds, facts_.cpu_seconds);
    case MeasureId::total_parallelism:
      if (facts_.wall_seconds > 0) return exact(facts_.parallelism);
      return missing_value("the recording has no length");
    case MeasureId::total_processes:
      return exact(static_cast<double>(facts_.processes));
    case MeasureId::total_threads:
      return exact(static_cast<double>(facts_.threads));
    case MeasureId::total_startup:
      return sampled(facts_.startup_seconds);
    case MeasureId::total_copying:
      return sampled(facts_.copying_seconds);
    case MeasureId::total_voluntary_switches:
      return switches(facts_.voluntary_switches);
    case MeasureId::total_forced_switches:
      return switches(facts_.forced_switches);
    case MeasureId::total_exit_status:
      if (facts_.exit_status) return exact(*facts_.exit_status);
      return missing_value("the exit status is not known: the program was attached to, or had not ended");
    default:
      return missing_value("not recorded");
  }
}

Measured TotalFacts::measure_memory(MeasureId id) const {
  switch (id) {
    case MeasureId::memory_peak:
      return counted(facts_.pss_peak_bytes);
    case MeasureId::memory_mean:
      return counted(facts_.pss_mean_bytes);
    case MeasureId::memory_rss_peak:
      return counted(facts_.rss_peak_bytes);
    case MeasureId::memory_minor_faults:
    case MeasureId::memory_major_faults:
      break;
    default:
      return measure_heap(id);
  }
  if (profile_->counters.empty()) return counted(std::nullopt);
  const bool minor = id == MeasureId::memory_minor_faults;
  return exact(static_cast<double>(minor ? facts_.minor_faults : facts_.major_faults));
}

/// Of malloc and Python's objects, as the memory view has it; exact, or an estimate with its variance.
Measured TotalFacts::measure_heap(MeasureId id) const {
  const MemoryMode mode = profile_->info.memory.mode;
  if (mode != MemoryMode::sampled && mode != MemoryMode::all) {
    return missing_value("recorded without --memory", "strobe run --memory -o FILE -- COMMAND");
  }
  const std::string& not_judged = profile_->quality.memory.not_judged;
  if (!not_judged.empty()) return missing_value("memory cannot be judged: " + not_judged);
  if (profile_->memory_processes.empty()) {
    return missing_value("no process had the agent", "strobe report FILE memory says why");
  }
  Measured result;
  for (const MemoryRow& row : profile_->memory) {
    if (!is_heap(row.kind)) continue;
    const bool exited =
        row.process.index() < profile_->processes.size() && profile_->processes[row.process.index()].exited;
    if (id == MeasureId::memory_leaked && !exited) continue;
    const MemoryAmount& amount = id == MeasureId::memory_allocated || id == MeasureId::memory_blocks
                                     ? row.allocated
                                 : id == MeasureId::memory_heap_peak ? row.peak
                                                                     : row.live;
    result.value += static_cast<double>(id == MeasureId::memory_blocks ? amount.count : amount.bytes);
    if (id != MeasureId::memory_blocks) result.variance += amount.variance;
  }
  return result;
}

Measured TotalFacts::measure_quality(MeasureId id) const {
  if (id == MeasureId::quality_samples) return exact(static_cast<double>(quality_.quality.samples.stored));
  if (id == MeasureId::quality_lost) return exact(quality_.lost_share);
  if (quality_.quality.samples.stored == 0) return missing_value("there are no samples");
  return exact(id == MeasureId::quality_complete ? quality_.complete_share : quality_.named_share);
}

/// As the view of the GIL has it: on the CPU by samples, and off it where waiting was recorded.
Measured TotalFacts::measure_held(bool as_share) const {
  double seconds = 0;
  for (const SampleRow& sample : profile_->samples) {
    if (holds_gil(sample.python) && sample.thread.index() < attribution_.threads.size())
      seconds += attribution_.threads[sample.thread.index()].seconds_per_sample;
  }
  Measured held = sampled(seconds);
  held.whole = 0;
  if (waits_) {
    const Measured off_cpu = waits_->holding_gil();
    held.value += off_cpu.value;
    held.variance += off_cpu.variance;
  }
  if (!as_share) return held;
  const double wall = facts_.wall_seconds;
  if (wall <= 0) return missing_value("the recording has no length");
  held.value /= wall;
  held.sampled /= wall;
  held.sampled_of /= wall;
  held.variance /= wall * wall;
  return held;
}

Measured TotalFacts::measure_gil(MeasureId id) const {
  if (quality_.quality.python.interpreters.empty()) {
    return missing_value("no Python interpreter was seen", "conditions on the GIL are for Python programs");
  }
  if (id == MeasureId::gil_held || id == MeasureId::gil_held_share) {
    return measure_held(id == MeasureId::gil_held_share);
  }
  if (!waits_) return without_wall();
  if (id == MeasureId::gil_wait) return measure_state(ThreadState::gil);
  if (facts_.working_seconds <= 0) return missing_value("no thread did any work");
  Measured waited = waits_->of_threads(find_working_threads(*profile_), ThreadState::gil);
  waited.value /= facts_.working_seconds;
  waited.variance /= facts_.working_seconds * facts_.working_seconds;
  waited.whole = 0;
  return waited;
}

Measured TotalFacts::measure_state(ThreadState state) const {
  if (state == ThreadState::on_cpu) return exact(facts_.cpu_seconds, facts_.thread_seconds);
  return waits_ ? waits_->of_threads(select_all(*profile_), state) : without_wall();
}

}  // namespace strobe::analyze::check
