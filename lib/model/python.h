// Python's part of a sample: the frames as one of the ways to read them found them, how sure they are, and
// what the thread had of the interpreter at that moment.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/python_walk.h"
#include "model/registers.h"

namespace strobe {

/// How Python's frames were read.
enum class PythonReading : uint8_t {
  none,
  in_interrupt,  ///< by a BPF program in the interrupt that took the sample: exact
  stopped,       ///< while the thread was stopped: exact
  running,       ///< beside the running thread, twice, and cut at the last frame that stood still
};

/// What became of Python's stack in one sample.
enum class PythonOutcome : uint8_t {
  none,          ///< the thread runs no Python
  full,          ///< down to the thread's first Python frame
  partial,       ///< the innermost frames are missing; what is there is certain
  inconsistent,  ///< it changed while it was read: nothing is certain
  unread,        ///< memory that could not be read, or a thread that was not found
};
inline constexpr int kPythonOutcomeCount = 5;

/// What a thread did with the interpreter when it was sampled.
enum class PythonState : uint8_t {
  none,          ///< no Python thread
  python,        ///< executing Python code
  native_gil,    ///< in native code, holding the GIL
  native_nogil,  ///< in native code, without the GIL
  gil_wait,
  gc,  ///< collecting garbage
};
inline constexpr int kPythonStateCount = 6;

[[nodiscard]] constexpr bool holds_gil(PythonState state) {
  return state == PythonState::python || state == PythonState::native_gil || state == PythonState::gc;
}

[[nodiscard]] std::string_view name_of(PythonOutcome outcome);
[[nodiscard]] std::string_view name_of(PythonReading reading);
[[nodiscard]] std::string_view name_of(PythonState state);

/// One look at one thread.
struct PythonCapture {
  PythonReading reading = PythonReading::none;
  PythonOutcome outcome = PythonOutcome::none;
  bool holds_gil = false;    ///< free-threaded: attached to the interpreter
  bool collecting = false;   ///< the interpreter's garbage collector runs, and this thread holds the GIL
  uint64_t interpreter = 0;  ///< address of the innermost frame's PyInterpreterState
  std::vector<RawPythonFrame> frames;  ///< innermost first, without those of the evaluator itself
  /// By frame, its row, once they were named (EventSink::on_python); none for frames that are not shown.
  std::vector<FrameId> named;
  bool nameless = false;  ///< some frame had no code object any more when they were named

  void clear() {
    reading = PythonReading::none;
    outcome = PythonOutcome::none;
    holds_gil = collecting = false;
    interpreter = 0;
    frames.clear();
    named.clear();
    nameless = false;
  }
};

/// A process that runs CPython, for whoever walks its frames.
struct PythonTarget {
  pid_t pid = 0;
  uint64_t runtime = 0;  ///< address of _PyRuntime
  PythonWalkLayout layout{};
  PythonOffset tid_in_pthread = 0;  ///< up to 3.10: where the C library's thread (`ident`) has its tid
  uint64_t code_type = 0;           ///< address of PyCode_Type; 0 unknown
};

/// The thread whose frames are to be read, and how it is during the call.
struct PythonLook {
  pid_t pid = 0;
  pid_t tid = 0;
  bool stopped = false;                  ///< it stands still; else its memory is read twice and compared
  const Registers* registers = nullptr;  ///< of one that stands still, where they are known; borrowed
};

/// Reads the Python frames of one thread for an engine, which knows best when. Called on the engine's thread,
/// also the tracer's; implementations are thread-safe.
class PythonFrameReader {
 public:
  /// False where the process runs no Python that we know; else `out` is filled, with its outcome.
  virtual bool read_frames(const PythonLook& look, PythonCapture& out) = 0;

 protected:
  ~PythonFrameReader() = default;
};

}  // namespace strobe
