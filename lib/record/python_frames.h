// From Python frames as they were captured (addresses of code objects) to rows of the recording, and from a
// thread's native and Python frames to its stack. Sampling thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "model/python.h"
#include "record/mixed_stack.h"
#include "record/module_table.h"
#include "record/python_targets.h"
#include "record/tables.h"
#include "unwind/unwinder.h"

namespace strobe::record {

/// The tables that rows go to; borrowed.
struct FrameRows {
  StringTable* strings = nullptr;
  FunctionTable* functions = nullptr;
  FrameTable* frames = nullptr;
  const ModuleTable* modules = nullptr;
};

/// A stack about to be interned: rows, innermost first.
struct NamedStack {
  std::vector<FrameId> frames;
  PythonOutcome outcome = PythonOutcome::none;
  PythonState state = PythonState::none;
  LossReason reason = LossReason::none;  ///< why the outcome is not full
};

struct SampleMoment {
  uint64_t time_ns = 0;
  bool in_kernel = false;
};

class PythonFrames {
 public:
  explicit PythonFrames(const FrameRows& rows) : rows_(rows), cache_(kCacheSize) {}

  /// `native`: the rows of the frames of `unwound`. Puts the Python frames of `capture` among them.
  void merge(PythonProcess& process, const PythonCapture& capture, const unwind::UnwoundStack& unwound,
             const std::vector<FrameId>& native, const SampleMoment& moment, NamedStack& out);

 private:
  static constexpr size_t kCacheSize = 8192;

  struct Cached {
    uint64_t serial = 0;
    uint64_t code = 0;
    uint64_t instruction = 0;
    pid_t pid = 0;
    FrameId frame;
  };

  /// None for frames that are hidden or have no code object (any more).
  FrameId name(PythonProcess& process, const RawPythonFrame& raw, uint64_t time_ns, bool& bad);
  FrameId name_anew(PythonProcess& process, const RawPythonFrame& raw, const python::CodeObject& code);
  void mark_evaluators(const python::InterpreterModule& interpreter, ModuleId module,
                       const std::vector<FrameId>& native);
  [[nodiscard]] FrameId as_interpreter(FrameId native);
  void hide_start(size_t python_end, NamedStack& out);

  FrameRows rows_;
  std::vector<Cached> cache_;
  std::vector<uint8_t> evaluators_;  // reused, as are the two below
  std::vector<FrameId> named_;
  MixedStack mixed_;
};

}  // namespace strobe::record
