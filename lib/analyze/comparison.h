// Two recordings side by side: totals, functions and lines, what changed and whether that is more than the
// error of sampling. One recording each says nothing about how runs differ among themselves: the intervals
// here are those of sampling alone. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/frame_keys.h"
#include "analyze/selection.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

/// False discovery rate at which changes are marked.
inline constexpr double kFalseDiscoveryRate = 0.05;

/// One quantity on both sides: CPU seconds, or shares of the CPU time (0…1) where normalised.
struct Change {
  double a = 0;
  double b = 0;
  Interval interval;    ///< 95 % interval of b − a
  bool exact = false;   ///< accounted, not sampled: has no interval
  bool beyond = false;  ///< more than sampling error, judged over all rows of the list together
  [[nodiscard]] double difference() const { return b - a; }
};

enum class Presence : uint8_t { both, gone, fresh };  ///< in both, in A only, in B only

struct ComparedFunction {
  FunctionIdentity function;  ///< as B has it; as A where B has not
  uint32_t line_a = 0;        ///< of its definition in A; 0 unknown
  Presence presence = Presence::both;
  Change self;
  Change total;
};

/// A line of a function. In a function that moved, lines are the same that are equally far from its first.
struct ComparedLine {
  FunctionIdentity function;
  std::string file;
  uint32_t line_a = 0;  ///< 0: not in A
  uint32_t line_b = 0;  ///< 0: not in B
  Change self;
  Change total;
};

struct ComparedSide {
  std::string command;
  double cpu_seconds = 0;
  double shown_seconds = 0;  ///< of them, what the filter left
  double duration_seconds = 0;
  uint64_t samples = 0;
  size_t processes = 0;
  size_t threads = 0;
  double complete_share = 1;
};

struct Comparison {
  bool normalized = false;
  StackFilter filter;
  ComparedSide a;
  ComparedSide b;
  std::vector<ComparedFunction> functions;  ///< largest change of self first
  std::vector<ComparedLine> lines;          ///< likewise; lines known by number only
  std::vector<std::string> notes;  ///< what makes them less comparable, and their own warnings: sentences
};

struct ComparedProfile {
  const Profile* profile = nullptr;  ///< borrowed
  SelectedThreads selected;
};

struct CompareOptions {
  bool normalized = false;  ///< compare shares of the CPU time instead of seconds
  StackFilter filter;       ///< applied to both
};
[[nodiscard]] Comparison compare_profiles(const ComparedProfile& a, const ComparedProfile& b,
                                          const CompareOptions& options);

}  // namespace strobe::analyze
