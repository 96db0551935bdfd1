// From Python frames as they were captured (addresses of code objects) to rows of the recording, and from a
// thread's native and Python frames to its stack. Sampling thread only.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/address_space.h"
#include "model/python.h"
#include "record/c_functions.h"
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

/// What else is known of a sample; borrowed for one call.
struct SampleMoment {
  uint64_t time_ns = 0;
  bool in_kernel = false;
  const AddressSpace* space = nullptr;
};

class PythonFrames {
 public:
  explicit PythonFrames(const FrameRows& rows)
      : rows_(rows), cache_(kCacheSize), c_functions_(*rows.modules) {}

  /// Fills in the rows of the capture's frames: of code objects that are there, or were known before.
  void name(PythonProcess& process, PythonCapture& capture);
  /// `native`: the rows of the frames of `unwound`. Puts the Python frames of `capture`, which are named,
  /// among them.
  void merge(PythonProcess& process, const PythonCapture& capture, const unwind::UnwoundStack& unwound,
             const std::vector<FrameId>& native, const SampleMoment& moment, NamedStack& out);

  /// For stacks that are built from their outer end. The row of one frame, whose code object is known by its
  /// code_mark() only; none where it is not shown. Code that is gone has a row that says so.
  FrameId name_marked(PythonProcess& process, const RawPythonFrame& frame, uint32_t mark);
  /// As merge() has native frames: those of an interpreter's file, and of what only starts it, as its own.
  [[nodiscard]] FrameId as_interpreter(FrameId native);
  [[nodiscard]] bool is_of_interpreter(FrameId native) const;
  [[nodiscard]] bool is_of_starter(FrameId native) const;
  /// The frame of the C function, as Python calls it, that a native frame is of; none for most.
  FrameId name_c_function(PythonProcess& process, const AddressSpace& space, FrameId native);

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
  FrameId name_frame(PythonProcess& process, const RawPythonFrame& raw, bool& bad);
  FrameId name_code(PythonProcess& process, const RawPythonFrame& raw, const python::CodeObject& code);
  FrameId name_anew(PythonProcess& process, const RawPythonFrame& raw, const python::CodeObject& code);
  void mark_evaluators(const python::InterpreterModule& interpreter, ModuleId module,
                       const std::vector<FrameId>& native);
  [[nodiscard]] size_t outermost_python(const PythonCapture& capture) const;
  void hide_start(size_t start, NamedStack& out);

  FrameRows rows_;
  std::vector<Cached> cache_;
  CFunctions c_functions_;
  /// By native frame: that of the C function it is of, none for most.
  std::unordered_map<uint32_t, FrameId> c_frames_;
  std::vector<uint8_t> evaluators_;  // reused, as is the one below
  MixedStack mixed_;
};

}  // namespace strobe::record
