// What the conditions of `strobe check` can be about: the one list of quantities, by the words that name
// them. The parser, the facts and docs/check.md go by it. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/thread_state.h"

namespace strobe::analyze::check {

/// What a quantity is counted in.
enum class Unit : uint8_t { seconds, bytes, share, count };

enum class MeasureId : uint8_t {
  total_wall,
  total_cpu,
  total_user,
  total_system,
  total_parallelism,
  total_processes,
  total_threads,
  total_startup,
  total_copying,
  total_voluntary_switches,
  total_forced_switches,
  total_exit_status,
  memory_peak,
  memory_mean,
  memory_rss_peak,
  memory_minor_faults,
  memory_major_faults,
  memory_allocated,
  memory_blocks,
  memory_heap_peak,
  memory_live,
  memory_leaked,
  gil_wait,
  gil_wait_share,
  gil_held,
  gil_held_share,
  quality_complete,
  quality_lost,
  quality_named,
  quality_samples,
  state_seconds,  ///< of Measure::state
  function_self,
  function_total,
  function_wait,
  function_state,  ///< seconds of Measure::state with the function on the stack
  module_self,
  module_total,
  line_self,
  line_total,
  thread_cpu,
  thread_life,
  thread_state,
  process_cpu,
  process_life,
  process_state,
  lock_wait,
  lock_longest,
  lock_waits,
};

/// One quantity as it is written: `subject.aspect` or `subject("pattern").aspect`.
struct MeasureWord {
  std::string_view subject;
  std::string_view aspect;  ///< empty: the name of any state of threads
  MeasureId id;
  Unit unit;
  bool of_whole = false;  ///< seconds that are a part of something: a limit may be a percentage of that
};

inline constexpr MeasureWord kMeasureWords[] = {
    {"total", "wall", MeasureId::total_wall, Unit::seconds},
    {"total", "cpu", MeasureId::total_cpu, Unit::seconds},
    {"total", "user", MeasureId::total_user, Unit::seconds, true},
    {"total", "system", MeasureId::total_system, Unit::seconds, true},
    {"total", "parallelism", MeasureId::total_parallelism, Unit::count},
    {"total", "processes", MeasureId::total_processes, Unit::count},
    {"total", "threads", MeasureId::total_threads, Unit::count},
    {"total", "startup", MeasureId::total_startup, Unit::seconds, true},
    {"total", "copying", MeasureId::total_copying, Unit::seconds, true},
    {"total", "voluntary_switches", MeasureId::total_voluntary_switches, Unit::count},
    {"total", "forced_switches", MeasureId::total_forced_switches, Unit::count},
    {"total", "exit_status", MeasureId::total_exit_status, Unit::count},
    {"memory", "peak", MeasureId::memory_peak, Unit::bytes},
    {"memory", "mean", MeasureId::memory_mean, Unit::bytes},
    {"memory", "rss_peak", MeasureId::memory_rss_peak, Unit::bytes},
    {"memory", "minor_faults", MeasureId::memory_minor_faults, Unit::count},
    {"memory", "major_faults", MeasureId::memory_major_faults, Unit::count},
    {"memory", "allocated", MeasureId::memory_allocated, Unit::bytes},
    {"memory", "blocks", MeasureId::memory_blocks, Unit::count},
    {"memory", "heap_peak", MeasureId::memory_heap_peak, Unit::bytes},
    {"memory", "live", MeasureId::memory_live, Unit::bytes},
    {"memory", "leaked", MeasureId::memory_leaked, Unit::bytes},
    {"gil", "wait", MeasureId::gil_wait, Unit::seconds, true},
    {"gil", "wait_share", MeasureId::gil_wait_share, Unit::share},
    {"gil", "held", MeasureId::gil_held, Unit::seconds},
    {"gil", "held_share", MeasureId::gil_held_share, Unit::share},
    {"quality", "complete", MeasureId::quality_complete, Unit::share},
    {"quality", "lost", MeasureId::quality_lost, Unit::share},
    {"quality", "named", MeasureId::quality_named, Unit::share},
    {"quality", "samples", MeasureId::quality_samples, Unit::count},
    {"states", "", MeasureId::state_seconds, Unit::seconds, true},
    {"function", "self", MeasureId::function_self, Unit::seconds, true},
    {"function", "total", MeasureId::function_total, Unit::seconds, true},
    {"function", "wait", MeasureId::function_wait, Unit::seconds, true},
    {"function", "", MeasureId::function_state, Unit::seconds, true},
    {"module", "self", MeasureId::module_self, Unit::seconds, true},
    {"module", "total", MeasureId::module_total, Unit::seconds, true},
    {"line", "self", MeasureId::line_self, Unit::seconds, true},
    {"line", "total", MeasureId::line_total, Unit::seconds, true},
    {"thread", "cpu", MeasureId::thread_cpu, Unit::seconds, true},
    {"thread", "life", MeasureId::thread_life, Unit::seconds, true},
    {"thread", "", MeasureId::thread_state, Unit::seconds, true},
    {"process", "cpu", MeasureId::process_cpu, Unit::seconds, true},
    {"process", "life", MeasureId::process_life, Unit::seconds},
    {"process", "", MeasureId::process_state, Unit::seconds, true},
    {"lock", "wait", MeasureId::lock_wait, Unit::seconds, true},
    {"lock", "longest", MeasureId::lock_longest, Unit::seconds},
    {"lock", "waits", MeasureId::lock_waits, Unit::count},
};

/// A quantity of a recording. Two are the same where their text is.
struct Measure {
  const MeasureWord* word = nullptr;         ///< of kMeasureWords
  std::string pattern;                       ///< of names: see matches_name(); empty where there is none
  ThreadState state = ThreadState::unknown;  ///< where word->aspect is empty
};

/// As it is written: `function("parse*").total`.
[[nodiscard]] std::string text_of(const Measure& measure);

/// Whether such a subject is given a pattern: `function("…")`. Subjects that do not exist take none.
[[nodiscard]] bool takes_pattern(std::string_view subject);
[[nodiscard]] bool is_subject(std::string_view word);
/// All subjects, in the order of the list.
[[nodiscard]] std::vector<std::string> subject_words();
/// Everything that can follow `subject.`; names of states come last.
[[nodiscard]] std::vector<std::string> aspect_words(std::string_view subject);

/// The quantities that need no pattern: those that every baseline has.
[[nodiscard]] std::vector<Measure> plain_measures();

}  // namespace strobe::analyze::check
