// The threads view: processes as the tree they were born in, with their threads, exact CPU seconds,
// samples, and how they ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/attribution.h"
#include "analyze/parallelism.h"
#include "analyze/thread_states.h"
#include "model/recording.h"

namespace strobe::analyze {

struct ThreadStats {
  int32_t tid = 0;
  std::string name;
  double start_seconds = 0;  ///< since the recording's start
  double end_seconds = 0;
  double cpu_seconds = 0;  ///< exact
  uint64_t samples = 0;
  StateSeconds states{};            ///< add up to its life
  uint64_t voluntary_switches = 0;  ///< 0 where waiting was not recorded
  uint64_t forced_switches = 0;
};

struct ProcessStats {
  int32_t pid = 0;
  std::optional<int32_t> parent_pid;
  std::string command;
  std::string command_line;
  double start_seconds = 0;
  double end_seconds = 0;
  bool exited = false;
  std::optional<int32_t> exit_status;
  double cpu_seconds = 0;  ///< of its selected threads
  uint64_t samples = 0;
  StateSeconds states{};  ///< of its selected threads
  uint64_t voluntary_switches = 0;
  uint64_t forced_switches = 0;
  uint32_t depth = 0;                ///< in the tree; 0 for those without a recorded parent
  std::vector<ThreadStats> threads;  ///< the main thread first, then by start and tid
};

/// Who woke whom (wakings.h).
struct WakingStats {
  int32_t waker_tid = 0;
  std::string waker_name;
  int32_t woken_tid = 0;
  std::string woken_name;
  ThreadState state = ThreadState::unknown;
  double seconds = 0;
  double count = 0;
};

struct ThreadTree {
  std::vector<ProcessStats> processes;  ///< parents before children, siblings by start and pid
  size_t threads = 0;
  double cpu_seconds = 0;
  uint64_t samples = 0;
  Parallelism parallelism;
  bool has_states = false;  ///< waiting was recorded: of states more than on_cpu is known
  ThreadStates states;
  std::vector<WakingStats> wakings;  ///< most seconds first
};

/// Processes without a selected thread are left out, except where everything is selected.
[[nodiscard]] ThreadTree make_thread_tree(const Profile& profile, const SelectedThreads& selected,
                                          const Attribution& attribution);

}  // namespace strobe::analyze
