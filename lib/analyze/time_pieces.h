// Samples and stretches as one thing: time of a thread on a stack in a state. What every sum over a profile
// goes through. Pure.
#pragma once

#include "analyze/amounts.h"
#include "analyze/attribution.h"
#include "analyze/thread_states.h"
#include "model/recording.h"

namespace strobe::analyze {

struct TimePiece {
  ThreadId thread;
  StackId stack;
  ThreadState state = ThreadState::on_cpu;
  PythonState python = PythonState::none;
  Amount amount;
  bool first = true;  ///< false: the second piece of one stretch, which counts once
};

/// Where a thread waited: its stack without the kernel's innermost frames, which only say again that it does.
/// Of storage they tell more, and stay.
[[nodiscard]] inline StackId waiting_place(const Profile& profile, const StretchRow& stretch) {
  if (stretch.state == ThreadState::disk) return stretch.stack;
  StackId at = stretch.stack;
  while (at.index() < profile.stacks.size()) {
    const StackRow& row = profile.stacks[at.index()];
    const bool kernel = row.frame.index() < profile.frames.size() &&
                        profile.frames[row.frame.index()].kind == FrameKind::kernel;
    if (!kernel) return at;
    if (row.parent.index() >= at.index()) break;  // nothing but the kernel, or a damaged recording
    at = row.parent;
  }
  return stretch.stack;
}

/// Calls `use` with every sample of the selected threads and, where there are weights of stretches, with each
/// of those: what it waited for and what it was ready to run are two pieces.
template <class Use>
void for_each_piece(const Profile& profile, const SelectedThreads& selected, const Attribution& attribution,
                    const StretchWeights& weights, const Use& use) {
  for (const SampleRow& sample : profile.samples) {
    const size_t thread = sample.thread.index();
    if (thread >= selected.size() || !selected[thread]) continue;
    use(TimePiece{.thread = sample.thread,
                  .stack = sample.stack,
                  .python = sample.python,
                  .amount = {attribution.threads[thread].seconds_per_sample, 1}});
  }
  for (size_t i = 0; i < weights.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    const StretchSeconds& seconds = weights.stretches[i];
    if (seconds.sum() <= 0) continue;
    TimePiece piece{
        .thread = stretch.thread, .stack = waiting_place(profile, stretch), .python = stretch.python};
    const auto put = [&](ThreadState state, double part) {
      if (part <= 0) return;
      piece.state = state;
      piece.amount = {part, 1, seconds.sampled ? 0 : part};
      use(piece);
      piece.first = false;
    };
    put(stretch.state, seconds.waiting);
    put(ThreadState::runnable, seconds.runnable);
  }
}

}  // namespace strobe::analyze
