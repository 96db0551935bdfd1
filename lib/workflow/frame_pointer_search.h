// The frame pointer of a blocked thread. The kernel tells the stack pointer and the program counter of a
// thread that is not stopped, and no other register. A function that keeps its frame by the frame pointer,
// with nothing further inside that saved it on the stack, cannot be left without it; so places on the stack
// are tried, and one is believed only if the stack then reaches the thread's start by calls that the code
// confirms.
#pragma once

#include <cstdint>

#include "model/address_space.h"
#include "unwind/call_check.h"
#include "unwind/unwinder.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

class FramePointerSearch {
 public:
  explicit FramePointerSearch(unwind::CfiSource& modules)  ///< borrowed
      : unwinder_(modules), calls_(modules) {}

  /// 0 where the stack is whole without one, or with none. Only for looks at blocked threads.
  [[nodiscard]] uint64_t find(const ThreadLook& look, const AddressSpace& space);

 private:
  [[nodiscard]] bool is_whole_with(uint64_t frame_pointer, const ThreadLook& look, const AddressSpace& space);
  [[nodiscard]] bool calls_fit(const ThreadLook& look, const AddressSpace& space);

  unwind::Unwinder unwinder_;
  unwind::CallCheck calls_;
  unwind::UnwoundStack unwound_;  // reused
};

/// The look as a sample; its spans are borrowed from it.
[[nodiscard]] RawSample make_sample(const ThreadLook& look, uint64_t frame_pointer);

}  // namespace strobe::workflow
