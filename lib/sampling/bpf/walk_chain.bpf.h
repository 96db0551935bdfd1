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
  walk->first = first;
  walk->first_cframe = walk->cframe;
  walk->count = walk->begun;
  walk->at_entry = 0;
  walk->newest = walk->cframe != 0;
  walk->left_out = 0;
  walk->window_size = 0;
  walk->chunk = 0;
  walk->top = 0;
  if (process->layout.thread_chunk >= 0 && process->layout.thread_top >= 0) {
    walk->chunk = thread_word(walk, process->layout.thread_chunk);
    walk->top = thread_word(walk, process->layout.thread_top);
  }
  __builtin_memset(walk->met, 0, sizeof walk->met);
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

// What tells the code object from others at its address (code_identity), which may be freed before Strobe
// reads its name; 0 where it cannot be read. Strobe is to be woken for one that is new.
INLINE u64 find_identity(struct Walk* walk, const struct PythonProcess* process, u64 code) {
  struct MetCode* met = &walk->met[(code >> 5) & (kMetCodes - 1)];
  u64 line_table = 0;
  u32 first_line = 0;
  const u32 zero = 0;
  if (met->code == code) return met->identity;
  met->code = code;
  met->identity = 0;
  if (read_word(&line_table, code + process->layout.code_line_table) != 0) return 0;
  if (bpf_probe_read_user(&first_line, sizeof first_line,
                          (const void*)(code + process->layout.code_first_line)) != 0) {
    return 0;
  }
  const u64 identity = code_identity(line_table, first_line);
  met->identity = identity;
  struct SeenCodes* seen = bpf_map_lookup_elem(&seen_codes, &zero);
  if (!seen) return identity;
  const u32 place = (u32)((code >> 5) ^ (code >> 19)) & (kSeenCodes - 1);
  const u32 tag = (u32)(identity ^ identity >> 32 ^ code >> 4) + walk->record.pid * 0x9E3779B1u;
  if (seen->tag[place] != tag) walk->news = 1;
  seen->tag[place] = tag;
  return identity;
}

// Takes the frame that was read as the next one of the stack.
INLINE int add_frame(struct Walk* walk, const struct PythonProcess* process, u32 base, u64 code) {
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
  frame->identity = find_identity(walk, process, code);
  frame->instruction = frame_word(walk, base, process->layout.frame_instruction);
  walk->at_entry = 0;
  if (process->layout.frame_owner < 0) {  // up to 3.10: f_lasti, and every frame is a C call
    frame->instruction = (u64)(long long)(s32)frame->instruction;
    frame->anchor = 1;
    walk->at_entry = 1;
  } else {
    frame->generator = frame_byte(walk, base, process->layout.frame_owner) == kOwnedByGenerator;
  }
  if (process->layout.frame_tlbc >= 0) frame->tlbc = (u32)frame_word(walk, base, process->layout.frame_tlbc);
  if (process->layout.frame_is_entry >= 0 && frame_byte(walk, base, process->layout.frame_is_entry) != 0) {
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
  if (count == walk->begun) return;
  if (count > kMaxPythonFrames) return;
  struct RawPythonFrame* last = &walk->frames[(count - 1) & (kMaxPythonFrames - 1)];
  if (last->anchor == 0) last->anchor = address;
}

// Copies the top of the data stack, where most frames are: one long read costs less than a few short ones.
INLINE void copy_window(struct Walk* walk) {
  walk->window_size = 0;
  const u64 top = walk->top;
  u64 size = top - walk->chunk;
  if (walk->chunk == 0 || top <= walk->chunk) return;
  if (size > kWindowBytes) size = kWindowBytes;
  if (bpf_probe_read_user(walk->stack, size, (const void*)(top - size)) != 0) return;
  walk->window = top - size;
  walk->window_size = (u32)size;
}

// Where in walk->stack the frame is, which is read where it is not in the copy, or where nothing was
// `copied`; negative: it cannot be read.
INLINE s32 find_frame(struct Walk* walk, const struct PythonProcess* process, u64 address, int copied) {
  const u64 offset = address - walk->window;
  const u32 size = process->layout.frame_size;
  if (size > kMaxPythonFrameBytes) return -1;
  if (copied && offset < kWindowBytes && offset + size <= walk->window_size) return (s32)offset;
  if (bpf_probe_read_user(&walk->stack[kWindowBytes], size, (const void*)address) != 0) return -1;
  return kWindowBytes;
}

// 3.11, 3.12: whether a frame has begun and has not ended: what lies in a _PyCFrame that is not filled in yet
// names frames that do not go on (see NewestCall in python/core/frame_walk.cc, which has the same rules).
INLINE int goes_on(struct Walk* walk, const struct PythonProcess* process, u32 base, u64 address, u64 code) {
  u8 state = 0;
  if (frame_word(walk, base, process->layout.frame_instruction) <
      code + python_code_start(process->layout.minor))
    return 0;
  if (frame_byte(walk, base, process->layout.frame_owner) != kOwnedByGenerator) {
    return address < walk->top || address - walk->chunk >= kPythonLeastChunkBytes;
  }
  if (process->layout.minor != 11) return 1;
  return bpf_probe_read_user(&state, sizeof state, (const void*)(address - kPythonGeneratorStateBefore)) ==
             0 &&
         state == 0;
}

// Whether the newest call of the evaluator began with a frame that `caller` called: the call before says so.
INLINE int is_end_of_call(struct Walk* walk, const struct PythonProcess* process, u64 caller) {
  u64 before = 0;
  u64 current = 0;
  if (read_word(&before, walk->cframe + process->layout.cframe_previous) != 0 || before == 0) return 0;
  if (read_word(&current, before + process->layout.cframe_frame) != 0 || current != caller) return 0;
  const int older = before > walk->cframe || before - walk->found < kMaxPythonThreadBytes;
  if (process->layout.frame_is_entry < 0) walk->cframe = before;  // 3.11: end_run does
  return older;
}

// Whether a frame lies on the C stack, in the call that has this _PyCFrame.
INLINE int is_local_of(u64 cframe, u64 address) {
  const u64 apart = address > cframe ? address - cframe : cframe - address;
  return apart < kPythonEvaluatorLocalsBytes;
}

// Whether the frame is one of the newest call's; -1 where it cannot be. 0: it is left out.
INLINE int judge_frame(struct Walk* walk, const struct PythonProcess* process, u32 base, u64 address,
                       u64 code) {
  // The evaluator's own frame (3.12), of which not even the owner is filled in.
  if (process->layout.frame_is_entry < 0 && is_local_of(walk->cframe, address)) return -1;
  const int alive = goes_on(walk, process, base, address, code);
  const int is_entry =
      process->layout.frame_is_entry >= 0 && frame_byte(walk, base, process->layout.frame_is_entry) != 0;
  if (!alive && (walk->count != walk->begun || walk->left_out || is_entry)) return -1;
  if (is_entry) {
    if (!is_end_of_call(walk, process, walk->frame)) return -1;
    walk->newest = 0;
  }
  walk->left_out = !alive;
  return alive;
}

// The same of a frame of the evaluator itself, with which the newest call ends (3.12).
INLINE int judge_shim(struct Walk* walk, const struct PythonProcess* process, u64 address) {
  if (walk->left_out && walk->count == walk->begun) return -1;
  if (!is_local_of(walk->cframe, address) || !is_end_of_call(walk, process, walk->frame)) return -1;
  walk->newest = walk->count == walk->begun;
  return 1;
}

// One step down the chain; 1 ends it.
INLINE int step_frames(struct Walk* walk, const struct PythonProcess* process, int copied) {
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
  walk->outcome = kPythonWalkUnread;
  const s32 found = find_frame(walk, process, address, copied);
  if (found < 0 || found > kWindowBytes) return 1;
  const u32 base = (u32)found;
  walk->outcome = kPythonWalkTooDeep;
  walk->frame = frame_word(walk, base, process->layout.frame_previous);
  if (process->layout.frame_owner >= 0 &&
      frame_byte(walk, base, process->layout.frame_owner) == process->layout.owner_shim) {
    if (walk->newest && judge_shim(walk, process, address) < 0) {
      walk->outcome = kPythonWalkTorn;
      return 1;
    }
    add_shim(walk, address);
    return 0;
  }
  const u64 code = frame_word(walk, base, process->layout.frame_code) & ~(u64)kTagBits;
  if (code == 0) {  // left already (3.14 clears it): what was above it is gone as well
    walk->count = walk->begun;
    return 0;
  }
  if (walk->newest) {
    const int verdict = judge_frame(walk, process, base, address, code);
    if (verdict < 0) walk->outcome = kPythonWalkTorn;
    if (verdict <= 0) return verdict < 0;
  }
  return add_frame(walk, process, base, code);
}

static long step_frames_in_loop(u32 index, void* context) {
  const struct Context* found = context;
  (void)index;
  // Several at a time: a turn of the loop costs as much as a frame.
#pragma unroll
  for (u32 i = 0; i < kFramesPerTurn; ++i) {
    if (step_frames(found->walk, found->process, 1)) return 1;
  }
  return 0;
}

// A function that the verifier checks once, wherever it is called from: half of the time that loading takes.
__attribute__((noinline)) int walk_by_loop(struct Walk* walk, const struct PythonProcess* process) {
  if (!walk || !process) return 0;
  struct Context context = {.walk = walk, .process = process};
  bpf_loop(2 * kMaxPythonFrames / kFramesPerTurn, step_frames_in_loop, &context, 0);
  return 0;
}

INLINE void walk_chain(struct Walk* walk, const struct PythonProcess* process, int by_bpf_loop) {
  walk->outcome = kPythonWalkTooDeep;
  if (by_bpf_loop) {
    walk_by_loop(walk, process);
  } else {
    for (u32 i = 0; i < kUnrolledFrames; ++i) {
      if (step_frames(walk, process, 0)) break;
    }
  }
}
