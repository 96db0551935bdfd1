// Python's GIL: who held it and who waited for it, per interpreter. Pure.
//
// Held is known from every look at a thread: samples on the CPU and stretches off it say whether it had the
// GIL. Waited is the time of stretches in state gil. As one thread at a time can have a GIL, whoever is seen
// with it during another's wait is who that waited for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/lock_waits.h"

namespace strobe::analyze {

struct GilThread {
  ThreadId thread;
  double held_seconds = 0;
  double waited_seconds = 0;
  /// The longest run of looks that all found it holding, see longest_hold_seconds below.
  double longest_hold_seconds = 0;
};

struct GilFunction {
  uint32_t function = 0;  ///< of stacks.functions: the innermost Python function, or the leaf without one
  double held_seconds = 0;
  double waited_seconds = 0;
};

struct InterpreterGil {
  ProcessId process;
  uint64_t address = 0;     ///< of the GIL; 0 where nobody was seen waiting for it
  std::string interpreter;  ///< as the recording names it; empty: the only one that was seen
  double held_seconds = 0;
  /// An estimate: from the first to the last of successive looks at one thread that all found it holding. A
  /// release between two looks, with the GIL back before the next, is not seen; what lies before the first
  /// and behind the last look, less than a sampling period each, is missing.
  double longest_hold_seconds = 0;
  Waiting waiting;                     ///< its holders: what they did while others waited
  std::vector<GilThread> threads;      ///< most held first
  std::vector<GilFunction> functions;  ///< most held and waited first
};

struct GilView {
  std::vector<InterpreterGil> gils;  ///< most waited for first
};

/// `stacks` with weights of stretches.
[[nodiscard]] GilView make_gil_view(const Profile& profile, const WeightedStacks& stacks,
                                    const SourcePaths& paths);

}  // namespace strobe::analyze
