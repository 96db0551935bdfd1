#include "unwind/caller_guess.h"

#include <algorithm>

namespace strobe::unwind {

namespace {

constexpr size_t kCodeBefore = 32;
constexpr uint64_t kLargestGuess = 4096;  // of functions without CFI

}  // namespace

Bytes code_before(const ModuleCfi& cfi, uint64_t file_address) {
  const uint64_t begin = file_address - kCodeBefore;
  const Bytes code = cfi.code_at(FileAddr{begin});
  return code.first(std::min(code.size(), kCodeBefore));
}

ReturnCheck CallerGuess::check_return_address(const AddressSpace& space, uint64_t address) const {
  const Mapping* mapping = space.find(RuntimeAddr{address - 1});
  if (mapping == nullptr) return ReturnCheck::no;
  const ModuleCfi* module = cfi_->find_cfi(mapping->module);
  if (module == nullptr) return ReturnCheck::possible;
  const Bytes before = code_before(*module, raw(mapping->to_file(RuntimeAddr{address})));
  if (before.empty()) return ReturnCheck::possible;
  return ends_in_call(before) ? ReturnCheck::certain : ReturnCheck::no;
}

/// The function that the call before this address leads to, if that is a direct call of one that begins
/// shortly before the interrupted instruction; else 0.
uint64_t CallerGuess::find_called_function(const AddressSpace& space, uint64_t pc,
                                           uint64_t return_address) const {
  const Mapping* mapping = space.find(RuntimeAddr{return_address - 1});
  const Mapping* own = space.find(RuntimeAddr{pc});
  if (mapping == nullptr || own == nullptr || mapping->module != own->module) return 0;
  const ModuleCfi* module = cfi_->find_cfi(mapping->module);
  if (module == nullptr) return 0;
  const uint64_t file_address = raw(mapping->to_file(RuntimeAddr{return_address}));
  const auto target = find_call_target(code_before(*module, file_address), return_address);
  return target && pc - *target < kLargestGuess ? *target : 0;
}

/// A word that was left on the stack by an earlier call looks like a leaf's return address too. Of two
/// callers that is the true one whose call leads closest to where we are.
bool CallerGuess::frame_pointer_fits_better(const AddressSpace& space, StackMemory& memory,
                                            const FrameRegisters& registers, uint64_t return_address) const {
  uint64_t other = 0;
  const uint64_t fp = registers.fp();
  // A guess: nothing is read from the live thread for it.
  return fp > registers.sp() && memory.is_copied(fp + 8) && memory.read_u64(fp + 8, other) &&
         find_called_function(space, registers.pc(), other) >
             find_called_function(space, registers.pc(), return_address);
}

/// Hand-written leaf functions (some of libc's string functions, start-up code) have neither CFI nor a frame:
/// a frame pointer would skip their caller. They have their return address at, or one word above, the stack
/// pointer, and only code behind a call is taken for one.
PrologueState CallerGuess::guess_leaf(const AddressSpace& space, StackMemory& memory,
                                      const FrameRegisters& registers) const {
  uint64_t word = 0;
  const uint64_t sp = registers.sp();
  const auto returns_there = [&] {
    return check_return_address(space, word) == ReturnCheck::certain &&
           !frame_pointer_fits_better(space, memory, registers, word);
  };
  if (memory.read_u64(sp, word) && returns_there()) return PrologueState::at_stack_pointer;
  if (registers.fp() != sp && memory.read_u64(sp + 8, word) && returns_there()) {
    return PrologueState::one_word_above;
  }
  return PrologueState::unknown;
}

}  // namespace strobe::unwind
