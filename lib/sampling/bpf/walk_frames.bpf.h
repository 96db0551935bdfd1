// The frames of one state of the sampled thread.
#pragma once

#include "sampling/bpf/walk_again.bpf.h"

// Whether the thread runs no Python: its only _PyCFrame is the one in its state, or there is none.
INLINE int is_at_rest(const struct Walk* walk) {
  return walk->first_cframe == 0 || walk->first_cframe - walk->found < kMaxPythonThreadBytes;
}

INLINE void read_frames(const u64* registers, struct Walk* walk, const struct PythonProcess* process,
                        int by_bpf_loop) {
  if (begin_frames(walk, process) != 0) {
    walk->outcome = kPythonWalkUnread;
    return;
  }
  walk->outcome = kPythonWalkNone;
  if (walk->frame == 0 && is_at_rest(walk)) return;
  if (walk->frame == walk->base_frame && walk->frame != 0) return;
  if (by_bpf_loop) copy_window(walk);
  walk_chain(walk, process, by_bpf_loop);
  // A second loop is more than the older kernels' verifier stands.
  if (by_bpf_loop && has_failed(walk)) {
    struct Context context = {.walk = walk, .process = process};
#pragma unroll
    for (u32 i = 0; i < kRegisters; ++i) walk->registers[i] = registers[i];
    bpf_loop(kWalksAgain, walk_again, &context, 0);
  }
  if (walk->outcome == kPythonWalkFull && walk->count == walk->begun) walk->outcome = kPythonWalkNone;
}
