// What tells the frames of a call of CPython's evaluator that goes on from what lies in memory of calls that
// have ended or not begun: 3.11 and 3.12 only, whose calls have a _PyCFrame. Shared by the walk in the
// interrupt (a BPF program, which is C) and the one in Strobe. Sources: CPython's
// Include/internal/pycore_frame.h, Include/cpython/{code,genobject}.h, Python/ceval.c.
#pragma once

#include "model/python_walk.h"

#ifdef __cplusplus
namespace strobe {
#endif

enum {
  /// 3.11: `gi_frame_state` (i8) lies so many bytes before the frame of a generator or coroutine; 0: it runs.
  kPythonGeneratorStateBefore = 5,
  /// The chunks of a data stack have at least so many bytes.
  kPythonLeastChunkBytes = 16 << 10,
  /// The locals of one call of the evaluator, a _PyCFrame and (3.12) a frame, are no further apart.
  kPythonEvaluatorLocalsBytes = 512,
};

/// Where a code object's bytecode begins; a frame whose instruction lies before has not begun.
static inline PythonWord python_code_start(PythonHalf minor) { return minor == 11 ? 184 : 192; }

#ifdef __cplusplus
}  // namespace strobe
#endif
