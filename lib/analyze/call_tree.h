// The call tree: who called what, from the outermost calls down, as rows in the order in which they are read.
// Stacks of all selected threads are merged; a function that calls itself directly stays one row. Nothing is
// left out silently: what is too small or too deep is a row of its own, so that the self column adds up to
// what the view shows. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/ordering.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

struct TreeOptions {
  double min_share = 0.01;   ///< of the exact CPU time; calls with less are summed in one row
  uint32_t max_depth = 100;  ///< levels; 0: all
  /// Expressions: the tree begins at functions that match all of them. Counts and fractions: of the rows.
  std::vector<Restriction> restrictions;
};

struct TreeRow {
  enum class Kind : uint8_t {
    call,   ///< a function, or what functions are grouped into
    group,  ///< a thread or a process: the stacks below it are its own
    small,  ///< `count` siblings below the share
    deep,   ///< `count` calls below the last level
  } kind = Kind::call;
  FunctionIdentity function;  ///< of call and group
  uint32_t count = 0;
  uint32_t depth = 0;
  bool recursive = false;  ///< it also called itself
  Amount self;             ///< of small and deep: everything of theirs
  Amount total;
};

struct CallTree {
  std::vector<TreeRow> rows;  ///< callers before callees, siblings with most total seconds first
  std::vector<Reduction> reductions;
  std::vector<std::string> begins;  ///< the expressions at whose matches it begins; none: at the roots
  Grouping grouping = Grouping::function;
  double min_share = 0;
  Coverage coverage;  ///< shown: only what is below the beginnings
};

/// By thread or process, each has its own tree.
[[nodiscard]] CallTree make_call_tree(const Profile& profile, const WeightedStacks& stacks, Grouping grouping,
                                      const TreeOptions& options);

}  // namespace strobe::analyze
