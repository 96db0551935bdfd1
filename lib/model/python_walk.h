// What walking CPython's frames needs and gives, shared by the three ways of walking: in the interrupt (a BPF
// program, which is C), stopped, and running. Plain C structs of fixed layout; offsets in bytes.
// Sources: CPython's Include/internal/pycore_{runtime,interp,pystate,frame}.h of each minor version.
#pragma once

#ifdef __cplusplus
#include <cstdint>
namespace strobe {
using PythonWord = uint64_t;
using PythonHalf = uint32_t;
using PythonOffset = int32_t;
#else
typedef unsigned long long PythonWord;
typedef unsigned int PythonHalf;
typedef int PythonOffset;
#endif

/// Where the walked fields are; negative: this version has no such field.
struct PythonWalkLayout {
  PythonHalf minor;          ///< 3.minor
  PythonHalf free_threaded;  ///< 0 or 1
  // _PyRuntimeState
  PythonOffset runtime_interpreters;  ///< interpreters.head
  PythonOffset runtime_finalizing;    ///< non-zero: the thread that ends the runtime
  PythonOffset runtime_gil;           ///< struct _gil_runtime_state itself, up to 3.11
  // PyInterpreterState
  PythonOffset interpreter_next;
  PythonOffset interpreter_id;             ///< i64
  PythonOffset interpreter_threads;        ///< head of the list of thread states
  PythonOffset interpreter_gil;            ///< pointer to its _gil_runtime_state, from 3.12
  PythonOffset interpreter_gc_collecting;  ///< i32
  // struct _gil_runtime_state
  PythonOffset gil_last_holder;
  PythonOffset gil_locked;   ///< i32, -1 before it is made
  PythonOffset gil_enabled;  ///< i32, free-threaded builds only
  PythonOffset gil_size;
  // PyThreadState
  PythonOffset thread_next;
  PythonOffset thread_interpreter;
  PythonOffset thread_frame;       ///< the current frame, or (3.11, 3.12) the _PyCFrame that knows it
  PythonOffset thread_cframe;      ///< 3.10: the newest _PyCFrame, beside the current frame
  PythonOffset thread_native_id;   ///< u64, from 3.11: the tid in the target's PID namespace
  PythonOffset thread_ident;       ///< u64: pthread_self()
  PythonOffset thread_state;       ///< i32, from 3.13: 1 attached
  PythonOffset thread_chunk;       ///< the newest chunk of the data stack, from 3.11
  PythonOffset thread_top;         ///< the data stack's top
  PythonOffset thread_base_frame;  ///< from 3.15: the sentinel at the end of every chain
  PythonHalf thread_size;          ///< bytes that hold all of the above
  // _PyCFrame, 3.10 to 3.12: a local of each C call of the evaluator
  PythonOffset cframe_frame;  ///< from 3.11
  PythonOffset cframe_previous;
  // _PyInterpreterFrame, or PyFrameObject up to 3.10
  PythonOffset frame_code;
  PythonOffset frame_previous;
  PythonOffset frame_instruction;  ///< pointer; up to 3.10 an i32, f_lasti
  PythonOffset frame_owner;        ///< u8, from 3.11
  PythonOffset frame_is_entry;     ///< u8, 3.11 only
  PythonOffset frame_generator;    ///< up to 3.10: not 0 in the frame of a generator or coroutine
  PythonOffset frame_tlbc;         ///< i32, free-threaded from 3.14
  PythonHalf frame_size;           ///< bytes that hold all of the above
  // PyCodeObject, as far as it tells one from another (see code_identity)
  PythonOffset code_first_line;  ///< i32
  PythonOffset code_line_table;  ///< pointer
  PythonHalf owner_shim;  ///< the value of `owner` that marks a frame of the evaluator itself; 0xff none
};

/// One Python frame, as found: addresses only, to be named later from the code object.
struct RawPythonFrame {
  PythonWord code;         ///< of the code object, tag bits removed
  PythonWord instruction;  ///< as CPython keeps it: a pointer into the bytecode; up to 3.10 f_lasti
  PythonWord anchor;     ///< not 0: this is the oldest frame of one C call of the evaluator, whose own stack
                         ///< frame contains this address; 1 where the boundary is known but not the address
  PythonHalf tlbc;       ///< which copy of the bytecode
  PythonHalf generator;  ///< 1: the frame of a generator or coroutine
  PythonWord identity;   ///< what `code` was, as code_identity() says it; 0 where that was not read
};

/// Tells a code object from others that have its address before or after it: its line table's address and its
/// first line, never 0.
static inline PythonWord code_identity(PythonWord line_table, PythonHalf first_line) {
  return (line_table ^ (PythonWord)first_line << 44) | 1;
}

/// The same in few bits, for where there is no room; never 0 but for 0.
enum { kCodeMarkBits = 18 };
static inline PythonHalf code_mark(PythonWord identity) {
  const PythonHalf mark = (PythonHalf)(identity * 0x9E3779B97F4A7C15u >> (64 - kCodeMarkBits));
  return identity == 0 ? 0 : mark == 0 ? 1 : mark;
}

#ifdef __cplusplus
}  // namespace strobe
#endif
