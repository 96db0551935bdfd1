// The newest call of the evaluator, of 3.11 and 3.12: each call has a _PyCFrame, which is in the chain some
// instructions before it is filled in. Until then what lay there before looks like a call; which frames are
// those of a call that goes on, and where else its caller may be known from. Freestanding: no allocation.
// Sources: CPython's Python/ceval.c, Include/internal/pycore_frame.h.
#pragma once

#include <cstdint>
#include <span>

#include "base/memory_reader.h"
#include "python/core/frame_walk.h"

namespace strobe::python {

/// Whether an address lies in the thread state at `state`: the oldest _PyCFrame does.
[[nodiscard]] bool is_in_state(PythonWord state, PythonWord address);

/// Whether a frame has begun and has not ended, as far as it and the data stack of `head` tell.
[[nodiscard]] bool goes_on(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
                           const ChainFrame& frame);

/// Whether an address is that of a local variable of the evaluator's call that has this _PyCFrame.
[[nodiscard]] bool is_local_of_call(PythonWord cframe, PythonWord address);

/// Looks for what the evaluator has in a register only. Borrows what it is made of.
class RegisterSearch {
 public:
  RegisterSearch(MemoryReader& memory, const PythonWalkLayout& layout, const StoppedRegisters& stopped)
      : memory_(&memory), layout_(&layout), stopped_(&stopped) {}

  /// The frame that a generator's frame was called from, while that is being entered or left; 0 none.
  [[nodiscard]] PythonWord find_caller(PythonWord generator);

  /// 3.11, 3.12: the call before the newest one, which is not filled in. Changes `head` to it; false where no
  /// register leads there. Where only its frame is known it has no _PyCFrame.
  [[nodiscard]] bool find_call_before(ThreadHead& head);

 private:
  bool read_frame(PythonWord address, ChainFrame& out);
  /// Of a _PyCFrame older than the newest: the frame that it runs; 0 where it is none.
  PythonWord frame_of_call(const ThreadHead& head, PythonWord cframe);
  ThreadHead without_new_frame(ThreadHead head);
  PythonWord caller_of_newest(const ThreadHead& head, PythonWord address);

  MemoryReader* memory_;
  const PythonWalkLayout* layout_;
  const StoppedRegisters* stopped_;
};

}  // namespace strobe::python
