// Finds the state of the sampled thread among those of the interpreters, and what it has of its interpreter.
#pragma once

#include "sampling/bpf/walk_state.bpf.h"

// Whether the thread state that was read last is the sampled thread's.
INLINE int is_own_thread(const struct Walk* walk, const struct PythonProcess* process) {
  u32 tid = 0;
  if (process->layout.thread_native_id >= 0) {
    tid = (u32)thread_word(walk, process->layout.thread_native_id);
  } else {
    const u64 ident = thread_word(walk, process->layout.thread_ident);
    if (bpf_probe_read_user(&tid, sizeof tid, (const void*)(ident + process->ident_tid)) != 0) return 0;
  }
  return tid == walk->tid;
}

// Address of the GIL's state; 0 where there is none.
INLINE u64 find_gil(const struct PythonProcess* process, u64 interpreter) {
  u64 gil = 0;
  if (process->layout.runtime_gil >= 0) return process->runtime + process->layout.runtime_gil;
  if (process->layout.interpreter_gil < 0) return 0;
  if (read_word(&gil, interpreter + process->layout.interpreter_gil) != 0) return 0;
  return gil;
}

// The thread state that holds this GIL or held it last; the state is in walk->gil afterwards.
INLINE u64 read_holder(struct Walk* walk, const struct PythonProcess* process, u64 interpreter) {
  const u64 gil = find_gil(process, interpreter);
  if (gil == 0 || bpf_probe_read_user(walk->gil, kGilBytes, (const void*)gil) != 0) {
    __builtin_memset(walk->gil, 0, sizeof walk->gil);
    return 0;
  }
  return WORD_AT(walk->gil, kGilBytes, process->layout.gil_last_holder);
}

// One step through the lists of interpreters and their threads; 1 ends it.
INLINE int step_threads(struct Walk* walk, const struct PythonProcess* process) {
  if (walk->candidate == 0) {
    u64 next = 0;
    if (read_word(&next, walk->interpreter + process->layout.interpreter_next) != 0) {
      walk->outcome = kPythonWalkUnread;
      return 1;
    }
    walk->interpreter = next;
    walk->outcome = kPythonWalkNone;
    if (next == 0) return 1;
    walk->outcome = kPythonWalkUnread;
    if (read_word(&next, next + process->layout.interpreter_threads) != 0) return 1;
    walk->candidate = next;
    walk->outcome = kPythonWalkNotFound;
    return 0;
  }
  if (read_thread(walk, process, walk->candidate) != 0) {
    walk->outcome = kPythonWalkUnread;
    return 1;
  }
  if (is_own_thread(walk, process)) {
    walk->found = walk->candidate;
    return 1;
  }
  walk->candidate = thread_word(walk, process->layout.thread_next);
  return 0;
}

static long step_threads_in_loop(u32 index, void* context) {
  const struct Context* found = context;
  (void)index;
  return step_threads(found->walk, found->process);
}

// Looks at a thread state that is likely to be the right one. It may be freed, with its interpreter, and look
// as before: states of interpreters that are not there count for nothing.
INLINE int try_thread(struct Walk* walk, const struct PythonProcess* process, u64 state) {
  if (state == 0 || read_thread(walk, process, state) != 0 || !is_own_thread(walk, process)) return 0;
  if (walk->only != 0 && thread_word(walk, process->layout.thread_interpreter) != walk->only) return 0;
  walk->found = state;
  return 1;
}

// Finds the sampled thread's state and leaves its bytes in walk->thread.
INLINE void find_thread(struct Walk* walk, const struct PythonProcess* process, u64 id, int by_bpf_loop) {
  const struct CachedThread* cached = bpf_map_lookup_elem(&threads, &id);
  walk->found = 0;
  walk->only = 0;
  walk->outcome = kPythonWalkUnread;
  u64 head = 0;
  u64 next = 0;
  if (read_word(&head, process->runtime + process->layout.runtime_interpreters) != 0) return;
  walk->outcome = kPythonWalkNone;
  if (head == 0) return;
  walk->outcome = kPythonWalkUnread;
  if (read_word(&next, head + process->layout.interpreter_next) != 0) return;
  if (next == 0) walk->only = head;
  // Of several interpreters each can end at any time: only what is in the lists is there.
  const int trusting = walk->only != 0 || !by_bpf_loop;
  if (trusting && cached && cached->generation == process->generation &&
      try_thread(walk, process, cached->state)) {
    return;
  }
  if (!trusting || !try_thread(walk, process, read_holder(walk, process, head))) {
    u64 first = 0;
    walk->outcome = kPythonWalkUnread;
    if (read_word(&first, head + process->layout.interpreter_threads) != 0) return;
    walk->outcome = kPythonWalkNotFound;
    walk->interpreter = head;
    walk->candidate = first;
    if (by_bpf_loop) {
      struct Context context = {.walk = walk, .process = process};
      bpf_loop(kMaxPythonThreads, step_threads_in_loop, &context, 0);
    } else {
      for (u32 i = 0; i < kUnrolledThreads; ++i) {
        if (step_threads(walk, process)) break;
      }
    }
  }
  if (walk->found == 0) return;
  const struct CachedThread fresh = {.state = walk->found, .generation = process->generation};
  bpf_map_update_elem(&threads, &id, &fresh, BPF_ANY);
}

// What the thread has of the interpreter of walk->found. Where several interpreters share the GIL,
// `may_switch` goes over to the thread's state that holds it.
INLINE void look_at_interpreter(struct Walk* walk, const struct PythonProcess* process, int may_switch) {
  u64 interpreter = thread_word(walk, process->layout.thread_interpreter);
  const u64 holder = read_holder(walk, process, interpreter);
  const int enabled =
      process->layout.gil_enabled < 0 || (s32)WORD_AT(walk->gil, kGilBytes, process->layout.gil_enabled) != 0;
  const int locked = (s32)WORD_AT(walk->gil, kGilBytes, process->layout.gil_locked) > 0;
  if (may_switch && enabled && locked && holder != 0 && holder != walk->found) {
    const u64 former = walk->found;
    if (try_thread(walk, process, holder)) {
      interpreter = thread_word(walk, process->layout.thread_interpreter);
    } else {
      read_thread(walk, process, former);
    }
  }
  if (!enabled) {
    walk->record.holds_gil = (s32)thread_word(walk, process->layout.thread_state) == kAttached;
  } else {
    walk->record.holds_gil = locked && holder == walk->found;
  }
  walk->record.interpreter = interpreter;
  if (walk->record.holds_gil && process->layout.interpreter_gc_collecting >= 0) {
    u64 word = 0;
    read_word(&word, interpreter + process->layout.interpreter_gc_collecting);
    walk->record.collecting = (s32)word != 0;
  }
}
