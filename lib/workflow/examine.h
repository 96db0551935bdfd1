// The facts of `strobe doctor`: everything is tried for real, with effects that are small and end with the
// call (events on ourselves, two processes of our own, an empty file). Never contacts the network.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "model/rights.h"

namespace strobe::workflow {

struct ExamineOptions {
  std::string cache_directory;  ///< of symbols; empty: none
  std::string debuginfod_urls;  ///< the variable DEBUGINFOD_URLS
  TerminalFacts terminal;
};

/// Forks: to be called while this process has one thread.
[[nodiscard]] MachineFacts examine_machine(const ExamineOptions& options);

/// The same for one process, which is neither stopped nor sampled. Fails where it cannot be a target at all
/// (no such process, a thread, a zombie, Strobe itself).
Result<TargetFacts> examine_target(pid_t pid, const MachineFacts& machine);

}  // namespace strobe::workflow
