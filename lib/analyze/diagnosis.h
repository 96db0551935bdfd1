// Judges what a machine (and a process) allow: one finding for each right or limit, what it means for Strobe,
// and the commands that would change it. Pure: facts in (model/rights.h), sentences out.
#pragma once

#include <string>
#include <vector>

#include "model/rights.h"

namespace strobe::analyze {

enum class FindingState : uint8_t {
  ok,
  limited,  ///< works, with less than there could be
  refused,  ///< does not work, and something is lost by it
  absent,   ///< not there, and nothing that is asked for by default is lost
};
[[nodiscard]] const char* name_of(FindingState state);

struct Finding {
  std::string id;  ///< constant: "perf", "kernel_time", …
  std::string title;
  FindingState state = FindingState::ok;
  std::string found;                  ///< what was tried and came out of it
  std::string meaning;                ///< for Strobe; empty where there is nothing to add
  std::vector<std::string> remedies;  ///< commands or steps, the best first; empty where nothing helps
};

struct Diagnosis {
  bool possible = false;  ///< profiling, of the target where one was asked for
  std::string engine;     ///< that `auto` will take: "perf", "ptrace", or empty
  std::string verdict;    ///< a sentence or two
  std::vector<Finding> findings;
};

/// `run` and `attach` on this machine.
[[nodiscard]] Diagnosis diagnose(const MachineFacts& facts);
/// `attach` to one process; only what concerns it.
[[nodiscard]] Diagnosis diagnose(const MachineFacts& facts, const TargetFacts& target);

}  // namespace strobe::analyze
