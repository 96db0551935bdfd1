// What every view of stacks begins with: CPU time put on the stacks (attribution.h), and the user's filters
// applied to it, once for all views. The order matters: seconds are attributed on the whole profile first and
// filtered then, so that a second stays a second and what a filter leaves is a part of the exact total.
//
// A view takes `amounts` (dropped stacks weigh nothing there) and `functions.frames` (hidden functions have
// no keys there), sums with sum_keys(), and says in its header what `coverage` tells:
//   const WeightedStacks stacks = weigh_stacks(profile, selected, filter);
//   const FrameLines lines = frame_lines(profile, stacks.functions);
//   const KeySums sums = sum_keys(profile, stacks.amounts, lines.frames, false);
// Pure.
#pragma once

#include <string>
#include <vector>

#include "analyze/attribution.h"
#include "analyze/frame_keys.h"
#include "analyze/selection.h"
#include "analyze/stack_sums.h"
#include "base/result.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Regular expressions on a function's name and on its filename:lineno(function), as location_of() has it.
/// Time without a stack goes by the name of its row ("[too short to sample]").
struct StackFilter {
  std::vector<std::string> focus;   ///< only stacks with a matching frame; of several, with one for each
  std::vector<std::string> ignore;  ///< no stacks with a frame that matches one
  std::vector<std::string> hide;    ///< frames that match one are taken out; their time goes to the caller
  bool native = true;               ///< false: Python's frames only; native time goes to its Python caller
  bool gil = false;                 ///< only samples of threads that held Python's GIL
  bool interpreter_frames = false;  ///< also the interpreter's own frames, which Python frames stand for

  /// Whether everything is shown, as far as it is no detail of an interpreter.
  [[nodiscard]] bool empty() const {
    return focus.empty() && ignore.empty() && hide.empty() && native && !gil;
  }
};
/// Fails for what is no regular expression.
Result<void> check_filter(const StackFilter& filter);

/// What a view shows, and of how much.
struct Coverage {
  StackFilter filter;
  Amount shown;  ///< what the filter left
  Amount whole;  ///< exact CPU time and samples of the selected threads; all shares are of it
};

/// An amount's share of the exact CPU time of the selected threads, 0…1.
[[nodiscard]] double share_of(const Coverage& coverage, const Amount& amount);

struct WeightedStacks {
  SelectedThreads selected;
  Attribution attribution;     ///< of the selected threads, before filters
  FrameFunctions functions;    ///< without hidden functions
  StackAmounts amounts;        ///< without dropped stacks
  std::vector<bool> kept;      ///< by stack of the profile: not dropped by focus or ignore
  bool keeps_no_stack = true;  ///< samples without a stack were not dropped
  Coverage coverage;

  [[nodiscard]] bool shows(const SampleRow& sample) const {
    if (coverage.filter.gil && !holds_gil(sample.python)) return false;
    return sample.stack.index() < kept.size() ? kept[sample.stack.index()] : keeps_no_stack;
  }
};

/// The filter's expressions have to be valid; others match nothing.
[[nodiscard]] WeightedStacks weigh_stacks(const Profile& profile, const SelectedThreads& selected,
                                          const StackFilter& filter = {});

}  // namespace strobe::analyze
