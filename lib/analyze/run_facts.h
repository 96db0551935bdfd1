// What one recorded run amounts to, in a handful of numbers: what comparisons of whole runs and conditions of
// `strobe check` are about. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "analyze/thread_states.h"
#include "model/recording.h"

namespace strobe::analyze {

inline constexpr double kWorkingShare = 0.25;

struct RunFacts {
  double wall_seconds = 0;  ///< of the program: from its start to its end (of the recording under attach)
  double cpu_seconds = 0;   ///< exact, of all threads
  double user_seconds = 0;
  double system_seconds = 0;
  double parallelism = 0;     ///< cpu_seconds / wall_seconds
  double thread_seconds = 0;  ///< lives of all threads together
  size_t processes = 0;
  size_t threads = 0;
  std::optional<int32_t> exit_status;

  bool has_states = false;  ///< recorded with --wall: the seconds of states below are known
  StateSeconds states{};
  uint64_t voluntary_switches = 0;
  uint64_t forced_switches = 0;

  /// Of the whole tree of processes at one moment; none where nothing was counted.
  std::optional<double> rss_peak_bytes;
  std::optional<double> pss_peak_bytes;
  std::optional<double> pss_mean_bytes;
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;

  /// Threads that do the work: those with at least kWorkingShare of the busiest one's CPU time, starting up
  /// not counted. The others wait for them (a main thread that joins, the helpers of a pool): no finding.
  size_t working_threads = 0;
  size_t working_processes = 0;  ///< that have such threads
  double working_seconds = 0;    ///< their lives together
  StateSeconds working_states{};

  double startup_seconds = 0;  ///< CPU time before the programs' own code: loading, initialising, importing
  /// Of the threads at work: waiting for pipes and sockets between the run's own processes, where that is
  /// known (docs/comparing.md).
  double exchange_seconds = 0;
  double copying_seconds = 0;  ///< inclusive: serialising, and moving data between the run's own processes
};

[[nodiscard]] RunFacts sum_up_run(const Profile& profile);

/// By thread of the profile: whether it is one of RunFacts::working_threads.
[[nodiscard]] SelectedThreads find_working_threads(const Profile& profile);

}  // namespace strobe::analyze
