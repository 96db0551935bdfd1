// What the BPF program that reads Python's frames shares with Strobe: the values of its maps, and the records
// that it writes into the BPF ring. Plain C structs, included by both sides.
#pragma once

#include "model/python_walk.h"

#ifdef __cplusplus
namespace strobe::sampling::bpf {
#endif

enum {
  kMaxPythonFrames = 1024,      ///< of one thread; deeper stacks lose their outermost frames
  kMaxPythonThreads = 1024,     ///< looked through for the one that is sampled
  kMaxPythonProcesses = 4096,   ///< watched at a time
  kMaxPythonThreadBytes = 512,  ///< of a PyThreadState, as far as the walk looks at it
  kMaxPythonFrameBytes = 128,
};

/// What became of one walk, from good to bad.
enum PythonWalkOutcome {
  kPythonWalkNone,      ///< the thread has no thread state, or no frame
  kPythonWalkFull,      ///< down to the bottom of the chain
  kPythonWalkTooDeep,   ///< the outermost frames are missing
  kPythonWalkTorn,      ///< the chain ended where no chain ends
  kPythonWalkUnread,    ///< memory that is not there (the program may not fault pages in)
  kPythonWalkNotFound,  ///< more threads than are looked through
  kPythonWalkStranger,  ///< no walk: the first sample of a process that is not watched, or not yet
};

/// A watched process; the value of the map `processes`, whose key is the process id as Strobe knows it.
struct PythonProcess {
  struct PythonWalkLayout layout;
  PythonWord runtime;
  PythonWord code_type;             ///< address of PyCode_Type; 0 not known
  PythonWord generation;            ///< another one for another program: thread states found before are void
  PythonWord pid_namespace_device;  ///< of the process, where it is not Strobe's; else 0
  PythonWord pid_namespace_inode;
  PythonHalf thread_bytes;  ///< of a PyThreadState that are read
  PythonHalf ident_tid;     ///< up to 3.10: where the C library's thread, at `thread_ident`, has its tid
};

/// A record; `frame_count` RawPythonFrame follow, innermost first.
struct PythonRecord {
  PythonWord time_ns;  ///< CLOCK_MONOTONIC, in the interrupt of the sample
  PythonWord interpreter;
  PythonHalf pid, tid;  ///< as Strobe knows them
  PythonHalf frame_count;
  unsigned char outcome;  ///< PythonWalkOutcome
  unsigned char holds_gil;
  unsigned char collecting;
  unsigned char parts;  ///< the frames are those of so many states of the thread, one after the other
};

/// Where Strobe itself lives; constants of the loaded program.
struct PythonWalkSettings {
  PythonWord pid_namespace_device;  ///< 0: the first one, in which process ids are the kernel's own
  PythonWord pid_namespace_inode;
};

#ifdef __cplusplus
}  // namespace strobe::sampling::bpf
#endif
