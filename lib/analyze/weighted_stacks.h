// What every view of stacks begins with: CPU time put on the stacks (attribution.h), or wall time with the
// stretches off the CPU as well (thread_states.h), and the user's filters applied to it, once for all views.
// The order matters: seconds are attributed on the whole profile first and filtered then, so that a second
// stays a second and what a filter leaves is a part of the exact total.
//
// A view takes `amounts` (dropped stacks weigh nothing there) and `functions.frames` (hidden functions have
// no keys there), sums with sum_keys(), and says in its header what `coverage` tells:
//   const WeightedStacks stacks = weigh_stacks(profile, selected, filter);
//   const FrameLines lines = frame_lines(profile, stacks.functions);
//   const KeySums sums = sum_keys(profile, stacks.amounts, lines.frames, false);
// Pure.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analyze/attribution.h"
#include "analyze/frame_keys.h"
#include "analyze/selection.h"
#include "analyze/stack_sums.h"
#include "analyze/time_pieces.h"
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
  bool wall = false;  ///< wall time of threads in place of CPU time; nothing where waiting was not recorded
  std::vector<ThreadState> states;  ///< only time in one of these; none: in all. With `wall`

  /// Whether everything is shown, as far as it is no detail of an interpreter.
  [[nodiscard]] bool empty() const {
    return focus.empty() && ignore.empty() && hide.empty() && native && !gil && states.empty();
  }
  [[nodiscard]] bool shows(ThreadState state) const {
    return states.empty() || std::find(states.begin(), states.end(), state) != states.end();
  }
};
/// Fails for what is no regular expression.
Result<void> check_filter(const StackFilter& filter);

/// What a view shows, and of how much.
struct Coverage {
  StackFilter filter;
  Amount shown;  ///< what the filter left
  Amount whole;  ///< exact CPU (or wall) time and samples of the selected threads; all shares are of it
  double cpu_seconds = 0;  ///< of the whole
};

/// An amount's share of the exact time of the selected threads, 0…1.
[[nodiscard]] double share_of(const Coverage& coverage, const Amount& amount);

struct WeightedStacks {
  SelectedThreads selected;
  Attribution attribution;   ///< of the selected threads, before filters
  FrameFunctions functions;  ///< without hidden functions
  StretchWeights weights;    ///< of stretches; empty where they do not count
  StackAmounts amounts;      ///< without dropped stacks
  /// The same for each ThreadState alone, wall time always; empty where states were not asked for or waiting
  /// was not recorded.
  std::vector<StackAmounts> by_state;
  std::vector<bool> kept;      ///< by stack of the profile: not dropped by focus or ignore
  bool keeps_no_stack = true;  ///< samples without a stack were not dropped
  Coverage coverage;
  double sampled_seconds = 0;    ///< of the whole, what samples and stretches that stand for others tell
  double effective_samples = 0;  ///< so many equally heavy ones would be as precise as those

  [[nodiscard]] bool shows(const TimePiece& piece) const {
    if (coverage.filter.gil && !holds_gil(piece.python)) return false;
    if (!coverage.filter.shows(piece.state)) return false;
    return piece.stack.index() < kept.size() ? kept[piece.stack.index()] : keeps_no_stack;
  }
};

/// The part of a stretch in its own state.
[[nodiscard]] inline TimePiece waiting_piece(const Profile& profile, const StretchRow& stretch) {
  return {.thread = stretch.thread,
          .stack = waiting_place(profile, stretch),
          .state = stretch.state,
          .python = stretch.python};
}

enum class StateDetail : uint8_t { as_filtered, always };

/// The filter's expressions have to be valid; others match nothing. States are summed one by one where the
/// filter asks for wall time, or always.
[[nodiscard]] WeightedStacks weigh_stacks(const Profile& profile, const SelectedThreads& selected,
                                          const StackFilter& filter = {},
                                          StateDetail states = StateDetail::as_filtered);

/// Calls `use` with every piece of time that the stacks were made from and the filter shows.
template <class Use>
void for_each_shown(const Profile& profile, const WeightedStacks& stacks, const Use& use) {
  for_each_piece(profile, stacks.selected, stacks.attribution, stacks.weights, [&](const TimePiece& piece) {
    if (stacks.shows(piece)) use(piece);
  });
}

}  // namespace strobe::analyze
