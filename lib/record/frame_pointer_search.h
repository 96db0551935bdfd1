// The frame pointer of a blocked thread. The kernel tells the stack pointer and the program counter of a
// thread that is not stopped, and no other register. A function that keeps its frame by the frame pointer,
// with nothing further inside that saved it on the stack, cannot be left without it; so places on the stack
// are tried, and one is believed only if the stack then reaches the thread's start by calls that the code
// confirms. One thread.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "model/address_space.h"
#include "model/raw_sample.h"
#include "unwind/call_check.h"
#include "unwind/unwinder.h"

namespace strobe::record {

class FramePointerSearch {
 public:
  explicit FramePointerSearch(unwind::CfiSource& modules)  ///< borrowed
      : unwinder_(modules), calls_(modules) {}

  /// 0 where the stack is whole without one, or with none. `sample` is of a blocked thread, with registers,
  /// its frame pointer 0.
  [[nodiscard]] uint64_t find(const RawSample& sample, const AddressSpace& space);
  /// The same for many looks: what was found where a thread was blocked at that place before is tried first,
  /// and places where nothing was found are not searched again.
  [[nodiscard]] uint64_t find_again(const RawSample& sample, const AddressSpace& space);

 private:
  [[nodiscard]] bool is_whole_with(uint64_t frame_pointer, const RawSample& sample,
                                   const AddressSpace& space);
  [[nodiscard]] bool calls_fit(pid_t pid, const AddressSpace& space);

  struct Known {
    uint64_t generation = 0;  // of the address space
    uint64_t offset = 0;      // of the frame pointer from the stack pointer; 0: none
    uint32_t failures = 0;    // in a row
  };

  unwind::Unwinder unwinder_;
  unwind::CallCheck calls_;
  unwind::UnwoundStack unwound_;               // reused
  std::unordered_map<uint64_t, Known> known_;  // by program counter
};

}  // namespace strobe::record
