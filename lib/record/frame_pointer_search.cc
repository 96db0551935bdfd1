#include "record/frame_pointer_search.h"

#include <algorithm>
#include <cstring>

#include "os/process_memory.h"

namespace strobe::record {
namespace {

constexpr size_t kSearchBytes = size_t{64} * 1024;  // of stack
constexpr size_t kMaxTries = 256;
constexpr uint64_t kFrameAlignment = 16;  // of frame pointers (x86-64 psABI 3.2.2, AAPCS64 6.4.5)
constexpr uint32_t kMaxFailures = 3;
constexpr size_t kMaxKnown = 4096;

}  // namespace

bool FramePointerSearch::calls_fit(pid_t pid, const AddressSpace& space) {
  os::ProcessMemory memory(pid);
  for (size_t i = 0; i + 1 < unwound_.frames.size(); ++i) {
    const UnwoundFrame& caller = unwound_.frames[i + 1];
    if (caller.kind != AddressKind::return_address) continue;  // what a signal interrupted
    if (!calls_.may_lead_to(space, memory, caller.address, lookup_addr(unwound_.frames[i]))) return false;
  }
  return true;
}

bool FramePointerSearch::is_whole_with(uint64_t frame_pointer, const RawSample& sample,
                                       const AddressSpace& space) {
  os::ProcessMemory memory(sample.pid);
  RawSample tried = sample;
  if (frame_pointer != 0) tried.registers.value[x86_64::kRbp] = frame_pointer;
  unwinder_.unwind({tried, space, &memory}, unwound_);
  const bool whole =
      unwound_.stack_class == StackClass::complete || unwound_.stack_class == StackClass::completed;
  return whole && (frame_pointer == 0 || calls_fit(sample.pid, space));
}

uint64_t FramePointerSearch::find(const RawSample& sample, const AddressSpace& space) {
  if (is_whole_with(0, sample, space)) return 0;
  const uint64_t stack_pointer = sample.registers.value[x86_64::kRsp];
  const size_t size = std::min(sample.stack.size(), kSearchBytes);
  size_t tries = 0;
  // Innermost first: a place further out is the frame of a caller, and those between would be missing.
  for (size_t at = (kFrameAlignment - stack_pointer % kFrameAlignment) % kFrameAlignment;
       at + 16 <= size && tries < kMaxTries; at += kFrameAlignment) {
    uint64_t return_address = 0;
    std::memcpy(&return_address, sample.stack.data() + at + 8, sizeof return_address);
    if (space.find(RuntimeAddr{return_address}) == nullptr) continue;
    ++tries;
    if (is_whole_with(stack_pointer + at, sample, space)) return stack_pointer + at;
  }
  return 0;
}

uint64_t FramePointerSearch::find_again(const RawSample& sample, const AddressSpace& space) {
  if (is_whole_with(0, sample, space)) return 0;
  if (known_.size() >= kMaxKnown) known_.clear();
  Known& known = known_[sample.registers.value[x86_64::kRip]];
  if (known.generation != space.generation()) known = {.generation = space.generation()};
  const uint64_t stack_pointer = sample.registers.value[x86_64::kRsp];
  if (known.offset != 0 && is_whole_with(stack_pointer + known.offset, sample, space)) {
    return stack_pointer + known.offset;
  }
  if (known.failures >= kMaxFailures) return 0;
  const uint64_t found = find(sample, space);
  known.failures = found == 0 ? known.failures + 1 : 0;
  if (found != 0) known.offset = found - stack_pointer;
  return found;
}

}  // namespace strobe::record
