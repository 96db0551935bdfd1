// Sums over the tree of stacks: for every key (function or line) its self and total amounts, and for every
// pair of caller and callee what passes between them. One walk over the unique stack nodes, however many
// samples there are. Recursion is counted once: a key counts at its outermost place on a path only.
#pragma once

#include <cstdint>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/attribution.h"
#include "analyze/frame_keys.h"
#include "model/recording.h"

namespace strobe::analyze {

/// What the selected samples and stretches put on each stack, and the time that has none. All of it together
/// is the exact CPU time, or wall time, or what a filter left of it (weighted_stacks.h).
struct StackAmounts {
  std::vector<Amount> stacks;    ///< by stack of the profile: samples whose leaf it is; may be empty
  Amount no_stack;               ///< samples without any frame
  Amount hidden;                 ///< samples whose every frame was taken out by --hide
  double kernel_seconds = 0;     ///< in the kernel, not sampled
  double too_short_seconds = 0;  ///< of threads that no sample covers
  double unseen_seconds = 0;     ///< off the CPU, and no stretch tells of it
  double ready_seconds = 0;      ///< ready to run, and no stretch tells where
};

struct Edge {
  uint32_t caller = 0;
  uint32_t callee = 0;
  Amount amount;  ///< of stacks that have this call, however often
  Amount self;    ///< of them, where the callee, called from there, is the leaf
};

struct KeySums {
  std::vector<Amount> self;   ///< by key: it is the leaf
  std::vector<Amount> total;  ///< by key: it is anywhere on the stack
  std::vector<Edge> edges;    ///< sorted by caller, callee; empty unless asked for
};
[[nodiscard]] KeySums sum_keys(const Profile& profile, const StackAmounts& amounts, const FrameKeys& keys,
                               bool with_edges);

/// The parent of a stack node; none at a root and where a damaged recording points upwards.
[[nodiscard]] StackId parent_of(const Profile& profile, StackId stack);

}  // namespace strobe::analyze
