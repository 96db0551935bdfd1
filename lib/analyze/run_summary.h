// One run of a program as comparisons of runs need it: the handful of figures, the time of each function, and
// where its threads waited; small enough to keep for many runs, while their profiles are not kept. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/frame_keys.h"
#include "analyze/run_facts.h"
#include "analyze/statistics.h"
#include "model/recording.h"

namespace strobe::analyze {

enum class RunEnd : uint8_t {
  finished,   ///< by itself, with whatever exit status
  crashed,    ///< by a signal, or it could not be executed (exit status 126 and above)
  timed_out,  ///< Strobe ended it
};
[[nodiscard]] std::string_view name_of(RunEnd end);

struct FunctionOfRun {
  FunctionIdentity function;
  Estimate self;  ///< seconds with their error of sampling
  Estimate total;
  bool exact = false;  ///< accounted, not sampled
};

/// Where threads waited: the place in the program's own code, as far as a stack tells.
struct WaitPlace {
  ThreadState state = ThreadState::unknown;
  FunctionIdentity function;
  double seconds = 0;
};

/// How a recording was made, as far as it matters for comparing it.
struct RunCircumstances {
  std::string hostname;
  std::string kernel;
  std::string engine;
  std::string strobe_version;
  uint64_t period_ns = 0;
  double rate_hz = 0;
  bool kernel_sampled = false;
  bool wall = false;
};

struct RunSummary {
  RunEnd end = RunEnd::finished;
  uint32_t left_running = 0;  ///< processes that it left behind
  std::string recording;      ///< its path; empty where it was not kept
  std::string command;
  RunFacts facts;
  RunCircumstances made;
  std::vector<FunctionOfRun> functions;
  std::vector<WaitPlace> waits;       ///< most seconds first
  std::vector<std::string> warnings;  ///< of its quality
};
[[nodiscard]] RunSummary summarize_run(const Profile& profile);

/// How it ended, by its exit status.
[[nodiscard]] RunEnd end_of(const std::optional<int32_t>& exit_status);

}  // namespace strobe::analyze
