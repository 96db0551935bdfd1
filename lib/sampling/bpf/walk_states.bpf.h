// All states of the sampled thread: it has one in each interpreter that it is in, of which one calls the
// other. Their frames are parts of one stack; Strobe puts them in order by where on the C stack they run.
#pragma once

#include "sampling/bpf/walk_frames.bpf.h"
#include "sampling/bpf/walk_thread.bpf.h"

struct OtherStates {
  struct Context context;
  u64 first;    // the state that was walked already
  u32 outcome;  // of all states walked so far
  u32 complete;
};

// Sets out to look through all thread states; 0 where there is one interpreter alone.
INLINE int begin_all_threads(struct Walk* walk, const struct PythonProcess* process) {
  u64 head = 0;
  if (walk->only != 0) return 0;
  if (read_word(&head, process->runtime + process->layout.runtime_interpreters) != 0 || head == 0) return 0;
  walk->interpreter = head;
  walk->candidate = 0;
  read_word(&walk->candidate, head + process->layout.interpreter_threads);
  return 1;
}

static long step_to_holder(u32 index, void* context) {
  const struct Context* found = context;
  struct Walk* walk = found->walk;
  (void)index;
  walk->found = 0;
  if (step_threads(walk, found->process) == 0) return 0;
  if (walk->found == 0) return 1;
  walk->candidate = thread_word(walk, found->process->layout.thread_next);
  look_at_interpreter(walk, found->process, 0);
  return walk->record.holds_gil != 0;
}

// Goes over to the thread's state that holds its interpreter's GIL, or is attached to it: that one runs. Each
// interpreter may have a GIL of its own (3.12). Stays where there is none.
INLINE void find_running_state(struct Walk* walk, const struct PythonProcess* process) {
  const u64 former = walk->found;
  struct Context context = {.walk = walk, .process = process};
  if (!begin_all_threads(walk, process)) return;
  bpf_loop(kMaxPythonThreads, step_to_holder, &context, 0);
  if (walk->found != 0 && walk->record.holds_gil) return;
  walk->found = former;
  read_thread(walk, process, former);
  look_at_interpreter(walk, process, 0);
}

// Where on the C stack the oldest call of the state that was walked last lies; 0 not known.
INLINE u64 find_oldest_anchor(const struct Walk* walk) {
  if (walk->count == walk->begun) return 0;
  return walk->frames[(walk->count - 1) & (kMaxPythonFrames - 1)].anchor;
}

// Walks one more state of the thread, which does not run: it is at rest, and walked once.
INLINE u32 add_state(struct Walk* walk, const struct PythonProcess* process, u32 outcome) {
  if (walk->count != 0) {
    // What one state has are whole calls of the evaluator, whose oldest one may not say so (3.15).
    struct RawPythonFrame* last = &walk->frames[(walk->count - 1) & (kMaxPythonFrames - 1)];
    if (last->anchor == 0) last->anchor = 1;
  }
  walk->begun = walk->count;
  walk->outcome = kPythonWalkUnread;
  if (begin_frames(walk, process) == 0) {
    walk->outcome = kPythonWalkNone;
    if (walk->frame == 0 && is_at_rest(walk)) return outcome;
    if (walk->frame == walk->base_frame && walk->frame != 0) return outcome;
    copy_window(walk);
    walk_chain(walk, process, 1);
  }
  const u64 anchor = find_oldest_anchor(walk);
  // The interpreter of a thread that runs in none is the innermost one.
  if (!walk->record.holds_gil && anchor > 1 && (walk->anchor <= 1 || anchor < walk->anchor)) {
    walk->record.interpreter = thread_word(walk, process->layout.thread_interpreter);
    walk->anchor = anchor;
  }
  if (walk->count != walk->begun) ++walk->record.parts;
  // The outcomes stand in the order of how bad they are.
  return walk->outcome > outcome ? walk->outcome : outcome;
}

// Looks on for one more state of the thread; 1 where there is none.
static long step_states(u32 index, void* context) {
  struct OtherStates* others = context;
  struct Walk* walk = others->context.walk;
  const struct PythonProcess* process = others->context.process;
  (void)index;
  walk->found = 0;
  walk->outcome = kPythonWalkNotFound;
  bpf_loop(kMaxPythonThreads, step_threads_in_loop, &others->context, 0);
  if (walk->found == 0) {
    others->complete = walk->outcome == kPythonWalkNone;
    return 1;
  }
  walk->candidate = thread_word(walk, process->layout.thread_next);
  if (walk->found != others->first) others->outcome = add_state(walk, process, others->outcome);
  return 0;
}

// The frames of the thread's states but the one that was walked, added to those that are there. A loop of the
// verifier's own instead of bpf_loop would have it check the walk once for each state.
INLINE void add_other_states(struct Walk* walk, const struct PythonProcess* process) {
  struct OtherStates others = {
      .context = {.walk = walk, .process = process}, .first = walk->found, .outcome = walk->outcome};
  walk->record.parts = walk->count != 0;
  walk->anchor = find_oldest_anchor(walk);
  bpf_loop(kThreadStates + 1, step_states, &others, 0);
  walk->outcome = others.outcome;
  if (!others.complete && walk->outcome < kPythonWalkTooDeep) walk->outcome = kPythonWalkTooDeep;
}

// The frames of the thread of which a state was found.
INLINE void read_states(const u64* registers, struct Walk* walk, const struct PythonProcess* process,
                        int by_bpf_loop) {
  look_at_interpreter(walk, process, walk->only != 0 || !by_bpf_loop);
  if (by_bpf_loop && !walk->record.holds_gil) find_running_state(walk, process);
  read_frames(registers, walk, process, by_bpf_loop);
  if (!begin_all_threads(walk, process)) return;
  if (by_bpf_loop) {
    add_other_states(walk, process);
  } else if (walk->outcome < kPythonWalkTooDeep) {
    walk->outcome = kPythonWalkTooDeep;  // older kernels' verifier does not stand a second look at the lists
  }
}
