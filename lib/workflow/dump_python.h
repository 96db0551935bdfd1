// What `strobe dump` says of Python: the frames of each thread, the version, names of threads, who holds the
// GIL and who waits for it, local variables.
#pragma once

#include <vector>

#include "model/dump.h"
#include "record/python_targets.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

/// Reads the frames of a thread that stands still; with `locals` also the variables of its innermost frames.
void read_python_part(record::PythonTargets& targets, bool locals, ThreadLook& look);

/// `looks` are of the process's threads, in the order of process.threads.
void add_python_facts(record::PythonProcess& python, const std::vector<const ThreadLook*>& looks,
                      DumpedProcess& process);

/// Gives the thread what was read of its Python frames: how whole they are and, with `locals`, the variables
/// of each. `rows`: by frame of thread.frames, its row; those of `look.python` are named. Where some of the
/// frames read have no place among the native ones, the stack is partial and no frame gets variables: which
/// call they are of would be a guess.
void add_python_frames(const ThreadLook& look, const std::vector<FrameId>& rows, bool locals,
                       DumpedThread& thread);

}  // namespace strobe::workflow
