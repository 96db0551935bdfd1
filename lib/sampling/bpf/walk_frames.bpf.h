// Walks the frames of a thread whose state was found. Up to 3.10 frames are objects, each one a call of the
// evaluator; 3.11 marks the frame with which a call began and has a _PyCFrame on the C stack for each call;
// from 3.12 on a frame of the evaluator itself lies between two calls, on the C stack too.
#pragma once

#include "sampling/bpf/walk_state.bpf.h"

// The innermost frame, and what the walk needs beside it.
INLINE int begin_frames(struct Walk* walk, const struct PythonProcess* process) {
  u64 first = thread_word(walk, process->layout.thread_frame);
  walk->cframe = 0;
  walk->base_frame = 0;
  if (process->layout.thread_base_frame >= 0) {
    walk->base_frame = thread_word(walk, process->layout.thread_base_frame);
  }
  if (process->layout.cframe_frame >= 0 && first != 0) {
    walk->cframe = first;
    if (read_word(&first, walk->cframe + process->layout.cframe_frame) != 0) return -1;
  }
  walk->frame = first;
  walk->count = 0;
  walk->at_entry = 0;
  return 0;
}

// 3.11: the run of frames ends here; the next one's _PyCFrame is the one before.
INLINE u64 end_run(struct Walk* walk, const struct PythonProcess* process) {
  const u64 anchor = walk->cframe;
  u64 previous = 0;
  if (anchor != 0 && process->layout.cframe_previous >= 0) {
    read_word(&previous, anchor + process->layout.cframe_previous);
  }
  walk->cframe = previous;
  return anchor != 0 ? anchor : 1;
}

// Takes the frame that was read as the next one of the stack.
INLINE int add_frame(struct Walk* walk, const struct PythonProcess* process, u64 code) {
  const u32 count = walk->count;
  if (count >= kMaxPythonFrames) {
    walk->outcome = kPythonWalkTooDeep;
    return 1;
  }
  struct RawPythonFrame* frame = &walk->frames[count];
  frame->code = code;
  frame->anchor = 0;
  frame->tlbc = 0;
  frame->generator = 0;
  frame->instruction = frame_word(walk, process->layout.frame_instruction);
  walk->at_entry = 0;
  if (process->layout.frame_owner < 0) {  // up to 3.10: f_lasti, and every frame is a C call
    frame->instruction = (u64)(long long)(s32)frame->instruction;
    frame->anchor = 1;
    walk->at_entry = 1;
  } else {
    frame->generator = frame_byte(walk, process->layout.frame_owner) == kOwnedByGenerator;
  }
  if (process->layout.frame_tlbc >= 0) frame->tlbc = (u32)frame_word(walk, process->layout.frame_tlbc);
  if (process->layout.frame_is_entry >= 0 && frame_byte(walk, process->layout.frame_is_entry) != 0) {
    frame->anchor = end_run(walk, process);
    walk->at_entry = 1;
  }
  walk->count = count + 1;
  return 0;
}

// A frame of the evaluator itself: the one added last was the oldest of this C call.
INLINE void add_shim(struct Walk* walk, u64 address) {
  u32 count = walk->count;
  walk->at_entry = 1;
  if (count == 0) return;
  if (count > kMaxPythonFrames) return;
  struct RawPythonFrame* last = &walk->frames[(count - 1) & (kMaxPythonFrames - 1)];
  if (last->anchor == 0) last->anchor = address;
}

// One step down the chain; 1 ends it.
INLINE int step_frames(struct Walk* walk, const struct PythonProcess* process) {
  const u64 address = walk->frame;
  if (address == 0) {
    // 3.15 ends at the sentinel only.
    walk->outcome = walk->at_entry && walk->base_frame == 0 ? kPythonWalkFull : kPythonWalkTorn;
    return 1;
  }
  if (address == walk->base_frame) {
    walk->outcome = kPythonWalkFull;
    return 1;
  }
  const u32 size = process->layout.frame_size;
  walk->outcome = kPythonWalkUnread;
  if (size > kMaxPythonFrameBytes) return 1;
  if (bpf_probe_read_user(walk->current, size, (const void*)address) != 0) return 1;
  walk->outcome = kPythonWalkTooDeep;
  walk->frame = frame_word(walk, process->layout.frame_previous);
  if (process->layout.frame_owner >= 0 &&
      frame_byte(walk, process->layout.frame_owner) == process->layout.owner_shim) {
    add_shim(walk, address);
    return 0;
  }
  const u64 code = frame_word(walk, process->layout.frame_code) & ~(u64)kTagBits;
  if (code == 0) {  // left already (3.14 clears it): what was above it is gone as well
    walk->count = 0;
    return 0;
  }
  return add_frame(walk, process, code);
}

static long step_frames_in_loop(u32 index, void* context) {
  const struct Context* found = context;
  (void)index;
  return step_frames(found->walk, found->process);
}

INLINE void read_frames(struct Walk* walk, const struct PythonProcess* process, int by_bpf_loop) {
  if (begin_frames(walk, process) != 0) {
    walk->outcome = kPythonWalkUnread;
    return;
  }
  walk->outcome = kPythonWalkNone;
  if (walk->frame == 0 || walk->frame == walk->base_frame) return;
  walk->outcome = kPythonWalkTooDeep;
  if (by_bpf_loop) {
    struct Context context = {.walk = walk, .process = process};
    bpf_loop(2 * kMaxPythonFrames, step_frames_in_loop, &context, 0);
  } else {
    for (u32 i = 0; i < kUnrolledFrames; ++i) {
      if (step_frames(walk, process)) break;
    }
  }
  if (walk->outcome == kPythonWalkFull && walk->count == 0) walk->outcome = kPythonWalkNone;
}
