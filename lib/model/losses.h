// Everything that can be missing from a recording, by name: a sample that was not taken or kept, a stack
// that ends early, a frame without a name. Losses are counted per reason and shown, never dropped silently.
#pragma once

#include <cstdint>
#include <string_view>

namespace strobe {

/// Why a sample, stack or symbol is missing. One list for all of Strobe.
enum class LossReason : uint8_t {
  none,
  // samples
  ring_full,   ///< the kernel's ring had no room (PERF_RECORD_LOST)
  throttled,   ///< the kernel paused the event
  queue_full,  ///< Strobe's own queue had no room
  late,        ///< arrived behind the front that was already delivered
  // stacks
  no_registers,       ///< kernel thread, exiting thread, 32-bit code
  stack_copy_short,   ///< the copy ended before the stack did
  no_mapping,         ///< an address in no known mapping
  no_unwind_info,     ///< a module has neither CFI nor frame pointers for that place
  bad_unwind_info,    ///< CFI that is corrupt or leads nowhere
  unreadable_memory,  ///< stack memory that could not be read
  too_deep,           ///< more frames than the limit
  loop,               ///< the stack pointer did not advance
  // symbols
  no_symbols,         ///< the module has no symbol for the address
  module_unreadable,  ///< the module's file could not be opened or is not the one that ran
  // Python frames
  changed_while_read,  ///< the thread went on while its frames were read
  not_captured,        ///< nobody looked at the frames in time
  bad_code_object,     ///< what should name a frame is no code object (any more)
};

/// A short constant name, used in text and JSON: "ring_full", "no_unwind_info", …
[[nodiscard]] std::string_view name_of(LossReason reason);

/// How far the unwinding of one user stack came.
enum class StackClass : uint8_t {
  complete,    ///< down to the thread's start
  completed,   ///< beyond the copied bytes, the rest read from the live thread under the acceptance rule
  truncated,   ///< the copied bytes ended first
  incomplete,  ///< ended early; a module or reason is to blame
  none,        ///< no user stack at all
};
inline constexpr int kStackClassCount = 5;

[[nodiscard]] std::string_view name_of(StackClass stack_class);

}  // namespace strobe
