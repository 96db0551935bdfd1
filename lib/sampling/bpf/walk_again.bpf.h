// Where to walk from when the first walk failed: the interrupt came while the evaluator entered or left a
// call, so that what is in memory leads nowhere. The caller is in one of the evaluator's registers, or is
// that of the call before. python/core/evaluator_call.cc has the same rules, for a thread that was stopped.
#pragma once

#include "sampling/bpf/walk_chain.bpf.h"

// The code object of the frame at this address, which is in walk->stack behind the copy afterwards; 0 where
// there is no frame, whose code would be a code object.
INLINE u64 read_candidate(struct Walk* walk, const struct PythonProcess* process, u64 address) {
  const u64 type_at = process->layout.free_threaded ? 24 : 8;  // ob_type of a PyObject
  const u32 size = process->layout.frame_size;
  u64 type = 0;
  if (address == 0 || (address & (sizeof address - 1)) != 0 || size > kMaxPythonFrameBytes) return 0;
  if (bpf_probe_read_user(&walk->stack[kWindowBytes], size, (const void*)address) != 0) return 0;
  const u64 code = frame_word(walk, kWindowBytes, process->layout.frame_code) & ~(u64)kTagBits;
  if (code == 0 || read_word(&type, code + type_at) != 0 || type != walk->code_type) return 0;
  return code;
}

// Of the state whose frames are walked.
INLINE const struct RawPythonFrame* innermost(const struct Walk* walk) {
  return &walk->frames[walk->begun & (kMaxPythonFrames - 1)];
}

static long try_as_caller(u32 index, void* context) {
  const struct Context* found = context;
  struct Walk* walk = found->walk;
  if (index >= kRegisters) return 1;
  const u64 value = walk->registers[index];
  if (value == walk->first || read_candidate(walk, found->process, value) == 0) return 0;
  walk->frame = value;
  return 1;
}

// The interrupt came between the two stores with which a generator is entered or left: the current frame is
// the generator's, which has no caller (any more, or yet).
INLINE int find_caller(struct Walk* walk, const struct PythonProcess* process) {
  const u64 type_at = process->layout.free_threaded ? 24 : 8;
  struct Context context = {.walk = walk, .process = process};
  walk->frame = 0;
  if (walk->code_type == 0 && read_word(&walk->code_type, innermost(walk)->code + type_at) != 0) return 0;
  bpf_loop(kRegisters, try_as_caller, &context, 0);
  return walk->frame != 0;
}

INLINE int is_in_state(const struct Walk* walk, u64 address) {
  return address - walk->found < kMaxPythonThreadBytes;
}

// Whether the register has the _PyCFrame of the call before the newest, the nearest one so far.
static long try_as_call(u32 index, void* context) {
  const struct Context* found = context;
  const struct PythonProcess* process = found->process;
  struct Walk* walk = found->walk;
  u64 current = 0;
  u64 before = 0;
  if (index >= kRegisters) return 1;
  const u64 value = walk->registers[index];
  if ((value & (sizeof value - 1)) != 0 || (walk->cframe != 0 && value >= walk->cframe)) return 0;
  if (value <= walk->first_cframe && !is_in_state(walk, value)) return 0;
  if (read_word(&current, value + process->layout.cframe_frame) != 0) return 0;
  if (read_candidate(walk, process, current) == 0) return 0;
  if (read_word(&before, value + process->layout.cframe_previous) != 0) return 0;
  if (before <= value && !is_in_state(walk, before)) return 0;
  walk->cframe = value;
  walk->frame = current;
  return 0;
}

// Above a frame that has not begun to run there is nothing on the data stack.
static long lower_top(u32 index, void* context) {
  const struct Context* found = context;
  const struct PythonProcess* process = found->process;
  struct Walk* walk = found->walk;
  if (index >= kRegisters) return 1;
  const u64 value = walk->registers[index];
  if (value < walk->chunk || value >= walk->top) return 0;
  const u64 code = read_candidate(walk, process, value);
  if (code == 0) return 0;
  if (frame_word(walk, kWindowBytes, process->layout.frame_instruction) <
      code + python_code_start(process->layout.minor))
    walk->top = value;
  return 0;
}

// Whether the register has the frame that the newest call will run, or (3.11) the one that it was called
// from.
static long try_as_frame(u32 index, void* context) {
  const struct Context* found = context;
  const struct PythonProcess* process = found->process;
  struct Walk* walk = found->walk;
  if (index >= kRegisters) return 1;
  u64 frame = walk->registers[index];
  u64 code = read_candidate(walk, process, frame);
  if (code == 0) return 0;
  const u64 previous = frame_word(walk, kWindowBytes, process->layout.frame_previous);
  if (process->layout.frame_is_entry < 0) {
    // Between the two lies the evaluator's own frame, a local of the call.
    if (!is_local_of(walk->first_cframe, previous)) return 0;
    if (read_word(&frame, previous + process->layout.frame_previous) != 0) return 0;
    code = read_candidate(walk, process, frame);
    if (code == 0) return 0;
  } else if (previous == 0 &&
             frame_byte(walk, kWindowBytes, process->layout.frame_owner) == kOwnedByGenerator) {
    return 0;  // resumed, and not linked yet
  }
  if (!goes_on(walk, process, kWindowBytes, frame, code)) return 0;
  walk->frame = frame;
  return 1;
}

// 3.11, 3.12: the _PyCFrame of the newest call is in the chain already and not filled in yet. What it will
// run is not on the stack so far: the walk begins with the call before, where a register knows it.
INLINE int find_call_before(struct Walk* walk, const struct PythonProcess* process) {
  struct Context context = {.walk = walk, .process = process};
  const u64 top = walk->top;
  if (walk->first_cframe == 0 || walk->code_type == 0 || process->layout.cframe_previous < 0) return 0;
  walk->cframe = 0;
  walk->frame = 0;
  bpf_loop(kRegisters, try_as_call, &context, 0);
  walk->newest = walk->cframe != 0;
  if (walk->frame == 0) {
    bpf_loop(kRegisters, lower_top, &context, 0);
    bpf_loop(kRegisters, try_as_frame, &context, 0);
    walk->top = top;
  }
  return walk->frame != 0;
}

// The same by what is in memory, which is right where the newest call is over.
INLINE int leave_first_call(struct Walk* walk, const struct PythonProcess* process) {
  u64 before = 0;
  u64 frame = 0;
  if (walk->first_cframe == 0 || process->layout.cframe_previous < 0) return 0;
  if (read_word(&before, walk->first_cframe + process->layout.cframe_previous) != 0) return 0;
  if (before == 0 || read_word(&frame, before + process->layout.cframe_frame) != 0) return 0;
  walk->cframe = before;
  walk->first_cframe = before;
  walk->frame = frame;
  walk->newest = 1;
  return frame != 0;
}

// Whether the walk is to be done again, from elsewhere.
INLINE int has_failed(const struct Walk* walk) {
  return walk->outcome == kPythonWalkTorn || walk->outcome == kPythonWalkUnread;
}

static long walk_again(u32 index, void* context) {
  const struct Context* found = context;
  const struct PythonProcess* process = found->process;
  struct Walk* walk = found->walk;
  if (!has_failed(walk)) return 1;
  const int one = walk->count == walk->begun + 1;
  if (index == 0) {
    const int left = walk->outcome == kPythonWalkTorn && one && innermost(walk)->generator;
    if (!left || !find_caller(walk, process)) return 0;
  } else {
    const int some = index == 1 ? find_call_before(walk, process) : leave_first_call(walk, process);
    if (!some) return index != 1;
    walk->count = walk->begun;
    walk->left_out = 0;
    walk->at_entry = 0;
  }
  walk_chain(walk, process, 1);
  return 0;
}
