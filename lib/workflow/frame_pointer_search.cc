#include "workflow/frame_pointer_search.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "os/process_memory.h"

namespace strobe::workflow {
namespace {

constexpr size_t kSearchBytes = 64 * 1024;  // of stack
constexpr size_t kMaxTries = 256;
constexpr uint64_t kFrameAlignment = 16;  // of frame pointers (x86-64 psABI 3.2.2, AAPCS64 6.4.5)

}  // namespace

RawSample make_sample(const ThreadLook& look, uint64_t frame_pointer) {
  RawSample sample;
  sample.time_ns = monotonic_now_ns();
  sample.pid = look.pid;
  sample.tid = look.tid;
  sample.has_registers = true;
  sample.registers = look.registers;
  if (frame_pointer != 0) sample.registers.value[x86_64::kRbp] = frame_pointer;
  sample.stack = look.stack;
  sample.stack_full = look.stack_full;
  if (look.has_python) sample.python = &look.python;
  return sample;
}

bool FramePointerSearch::calls_fit(const ThreadLook& look, const AddressSpace& space) {
  os::ProcessMemory memory(look.pid);
  for (size_t i = 0; i + 1 < unwound_.frames.size(); ++i) {
    const UnwoundFrame& caller = unwound_.frames[i + 1];
    if (caller.kind != AddressKind::return_address) continue;  // what a signal interrupted
    if (!calls_.may_lead_to(space, memory, caller.address, lookup_addr(unwound_.frames[i]))) return false;
  }
  return true;
}

bool FramePointerSearch::is_whole_with(uint64_t frame_pointer, const ThreadLook& look,
                                       const AddressSpace& space) {
  os::ProcessMemory memory(look.pid);
  const RawSample sample = make_sample(look, frame_pointer);
  unwinder_.unwind({sample, space, &memory}, unwound_);
  const bool whole =
      unwound_.stack_class == StackClass::complete || unwound_.stack_class == StackClass::completed;
  return whole && (frame_pointer == 0 || calls_fit(look, space));
}

uint64_t FramePointerSearch::find(const ThreadLook& look, const AddressSpace& space) {
  if (is_whole_with(0, look, space)) return 0;
  const uint64_t stack_pointer = look.registers.value[x86_64::kRsp];
  const size_t size = std::min(look.stack.size(), kSearchBytes);
  size_t tries = 0;
  // Innermost first: a place further out is the frame of a caller, and those between would be missing.
  for (size_t at = (kFrameAlignment - stack_pointer % kFrameAlignment) % kFrameAlignment;
       at + 16 <= size && tries < kMaxTries; at += kFrameAlignment) {
    uint64_t return_address = 0;
    std::memcpy(&return_address, look.stack.data() + at + 8, sizeof return_address);
    if (space.find(RuntimeAddr{return_address}) == nullptr) continue;
    ++tries;
    if (is_whole_with(stack_pointer + at, look, space)) return stack_pointer + at;
  }
  return 0;
}

}  // namespace strobe::workflow
