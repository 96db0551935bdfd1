// How to get from a frame to its caller's, by return address: rules small enough for one word, found in the
// CFI of loaded files on first touch and kept. Any thread, any time: no lock, no allocation.
#pragma once

#include <cstdint>

#include "unwind/core/cfi_row.h"

namespace strobe::heap::agent {

enum class Way : uint8_t {
  by_stack_pointer,  ///< the CFA is so many words above the stack pointer
  by_frame_pointer,  ///< … above the frame pointer
  without_cfi,       ///< by frame pointers, as far as they lead
  outermost,
  general,  ///< a rule that does not fit here: find_full_row()
};

struct FrameRule {
  static constexpr int32_t kNotSaved = INT32_MIN;

  Way way = Way::without_cfi;
  uint32_t cfa_words = 0;
  int32_t saved_words = kNotSaved;  ///< where the caller's frame pointer is, from the CFA; or unchanged
};

/// Has to be called once, before the others.
void find_frame_source();
/// The rule for the frame that a call returns into at `return_address`.
[[nodiscard]] FrameRule find_rule(uint64_t return_address);
/// The whole row at `address`; false where there is none or it is corrupt. Addresses in it are runtime ones.
[[nodiscard]] bool find_full_row(uint64_t address, unwind::UnwindRow& row);
/// Whether a loaded file's code is there.
[[nodiscard]] bool is_in_module(uint64_t address);
/// Files went: what was found may not hold any more.
void forget_rules();

}  // namespace strobe::heap::agent
