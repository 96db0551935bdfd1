// Frames of code without CFI: JIT code, hand-written assembly, files whose compiler wrote none. What the
// instructions say where they can be read, else frame pointers, believed only where they are plausible.
// Freestanding: no allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_reader.h"
#include "unwind/core/architecture.h"
#include "unwind/core/step.h"

namespace strobe::unwind {

/// Where an interrupted function without CFI has its return address, as far as its code says.
enum class PrologueState : uint8_t {
  unknown,
  at_stack_pointer,      ///< nothing pushed yet, or everything popped: the word at the stack pointer
  frame_pointer_pushed,  ///< the word above the pushed frame pointer
  one_word_above,        ///< the word above one that means nothing (a stack aligned for calls)
  two_words_above,       ///< in the PLT's common part: above what it pushed for the dynamic loader
};

/// `code` begins at the instruction about to be executed; `before` are the bytes before it (may be fewer).
[[nodiscard]] PrologueState find_prologue_state(Bytes before, Bytes code);

/// Whether `code` is a signal trampoline: mov $15 (rt_sigreturn), %rax; syscall.
[[nodiscard]] bool is_signal_trampoline(Bytes code);

/// Whether `before`, the bytes before a return address, end in a call instruction.
[[nodiscard]] bool ends_in_call(Bytes before);

/// The address that the call before `return_address` leads to; nullopt where it is no direct call.
[[nodiscard]] std::optional<uint64_t> find_call_target(Bytes before, uint64_t return_address);

/// Whether `before` (up to the call) clears the frame pointer: how start code marks the outermost frame.
[[nodiscard]] bool clears_frame_pointer(Bytes before);

/// As step_row, through the rt_sigframe that the kernel put at the stack pointer (linux/x86 uapi
/// sigcontext.h).
[[nodiscard]] StepResult step_signal_trampoline(MemoryReader& memory, FrameRegisters& frame);

/// One step by frame pointer; bad_info where it does not point up the stack. Whether what it found there is a
/// frame is for the caller to judge.
[[nodiscard]] StepResult step_frame_pointer(MemoryReader& memory, FrameRegisters& frame);

/// One step of a function that was interrupted in that state, which must not be unknown.
[[nodiscard]] StepResult step_prologue(PrologueState state, MemoryReader& memory, FrameRegisters& frame);

}  // namespace strobe::unwind
