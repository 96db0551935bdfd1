// What the parts of the BPF program share: its maps, the place where one walk works, and reading memory.
#pragma once

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/types.h>
// After the kernel's types.
#include <bpf/bpf_helpers.h>

#include "model/python_calls.h"
#include "sampling/bpf/python_record.h"

typedef __u64 u64;
typedef __u32 u32;
typedef __s32 s32;
typedef __u8 u8;

enum {
  kGilBytes = 32,
  kOwnedByGenerator = 1,  // enum _frameowner, 3.11 and later
  kTagBits = 3,           // of a _PyStackRef (3.14); pointers to code objects have none of them
  kAttached = 1,          // _Py_THREAD_ATTACHED
  kRegisters = 15,      // the general ones, at the beginning of x86-64's struct pt_regs, without the stack's
  kWindowBytes = 8192,  // of the data stack, copied at once
  kFramesPerTurn = 2,
  kWalksAgain = 4,
  kThreadStates = 4,      // of one thread, one for each interpreter that it is in
  kUnrolledFrames = 128,  // each one costs the verifier time
  kUnrolledThreads = 64,
  kMetCodes = 16,      // code objects of one walk whose identity is kept
  kSeenCodes = 16384,  // of all processes, that Strobe was woken for
  kStrangers = 4096,
  kSampleIt = 1,  // what this program returns: the ordinary sample is written as well
};

// A code object of this walk: recursion shows the same one again and again.
struct MetCode {
  u64 code;
  u64 identity;
};

// Which code objects Strobe was woken for, each at the place that its address names; others push them out.
struct SeenCodes {
  u32 tag[kSeenCodes];
};

// The same of processes that are not watched.
struct Strangers {
  u32 pid[kStrangers];
};

// All that one walk works on, with room after what is looked at by offset.
struct Walk {
  struct PythonRecord record;  // with the frames: what is sent
  struct RawPythonFrame frames[kMaxPythonFrames];
  u64 frame;   // the one to look at next
  u64 cframe;  // 3.11: the _PyCFrame of the run
  u64 first;   // where the first walk began
  u64 first_cframe;
  u64 base_frame;  // 3.15: the last one
  u64 chunk;       // the newest one of the data stack, and its top
  u64 top;
  u64 candidate;    // the thread state to look at next
  u64 interpreter;  // whose list it is on
  u64 found;        // the sampled thread's
  u64 anchor;       // where the oldest call of the state lies that is the newest one so far
  u64 only;         // the interpreter where there is no other; else 0
  u64 generation;
  u64 code_type;  // address of PyCode_Type; 0 not known
  u64 registers[kRegisters];
  struct MetCode met[kMetCodes];
  u32 news;  // a code object was met that Strobe has not been woken for
  u32 count;
  u32 begun;     // how many frames there were when the walk of this state began
  u32 tid;       // in the process's own PID namespace
  u32 newest;    // 3.11, 3.12: the frames are those of the newest call of the evaluator that runs any
  u32 left_out;  // the innermost frame was
  u32 at_entry;  // the frame before was the oldest of its C call
  u32 outcome;
  u8 thread[kMaxPythonThreadBytes + 8];
  u8 gil[kGilBytes + 8];
  u64 window;                                         // where the copied part of the data stack begins
  u32 window_size;                                    // 0: none
  u8 stack[kWindowBytes + kMaxPythonFrameBytes + 8];  // the copy, and behind it a frame that is not in it
};

struct CachedThread {
  u64 state;
  u64 generation;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, kMaxPythonProcesses);
  __type(key, u32);
  __type(value, struct PythonProcess);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, u64);  // process and thread
  __type(value, struct CachedThread);
} threads SEC(".maps");

// One for each CPU, whose number it is given when loaded; values of per-CPU maps may not be as large.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct Walk);
} walks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct SeenCodes);
} seen_codes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct Strangers);
} strangers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} records SEC(".maps");

// How many records did not fit.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} lost SEC(".maps");

const volatile struct PythonWalkSettings settings;

struct Context {
  struct Walk* walk;
  const struct PythonProcess* process;
};

#define INLINE static __attribute__((always_inline)) inline

// A word of bytes that were read; `size` is a power of two, after which the array has 8 bytes more.
#define WORD_AT(bytes, size, offset) (*(const u64*)&(bytes)[(u32)(offset) & ((size)-1)])

INLINE u64 thread_word(const struct Walk* walk, s32 offset) {
  return WORD_AT(walk->thread, kMaxPythonThreadBytes, offset);
}
// Of the frame that begins at `base` of walk->stack.
INLINE u64 frame_word(const struct Walk* walk, u32 base, s32 offset) {
  return *(const u64*)&walk->stack[base + ((u32)offset & (kMaxPythonFrameBytes - 1))];
}
INLINE u8 frame_byte(const struct Walk* walk, u32 base, s32 offset) {
  return walk->stack[base + ((u32)offset & (kMaxPythonFrameBytes - 1))];
}

INLINE int read_word(u64* word, u64 address) {
  return bpf_probe_read_user(word, sizeof *word, (const void*)address);
}

INLINE int read_thread(struct Walk* walk, const struct PythonProcess* process, u64 address) {
  u32 size = process->thread_bytes;
  if (size > kMaxPythonThreadBytes) return -1;
  return bpf_probe_read_user(walk->thread, size, (const void*)address);
}
