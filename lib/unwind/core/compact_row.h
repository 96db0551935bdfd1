// The rows of nearly all code, small enough to cache by address and to apply in a few nanoseconds.
// Freestanding: no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "unwind/core/architecture.h"
#include "unwind/core/cfi_row.h"
#include "unwind/core/step.h"

namespace strobe::unwind {

/// Registers that functions save and that rules of outer frames use.
inline constexpr std::array<uint8_t, 6> kSavedRegisters{x86_64::kRbp, x86_64::kRbx, x86_64::kR12,
                                                        x86_64::kR13, x86_64::kR14, x86_64::kR15};

/// The CFA is `cfa_register + cfa_offset`, or the word there (`indirect`: functions that realign their stack
/// keep the CFA in memory, "DRAP"). The return address is the word below the CFA. Saved registers are words
/// relative to the CFA, or with `indirect` to cfa_register.
struct CompactRow {
  int32_t cfa_offset = 0;
  uint8_t cfa_register = 0;
  bool indirect = false;
  uint8_t saved_mask = 0;  ///< bit i: kSavedRegisters[i] is at saved[i] words
  std::array<int16_t, kSavedRegisters.size()> saved{};
};

/// False where the row does not fit. `pc` is the address the row was looked up for: the row of a PLT computes
/// its CFA from it.
[[nodiscard]] bool make_compact(const UnwindRow& row, uint64_t pc, CompactRow& out);

/// As step_row. `Memory` has `bool read_u64(uint64_t address, uint64_t& out)`.
template <class Memory>
[[nodiscard]] inline StepResult step_compact(const CompactRow& row, Memory& memory, FrameRegisters& frame) {
  if (!frame.is_known(row.cfa_register)) return StepResult::bad_info;
  const uint64_t origin = frame.get(row.cfa_register);
  uint64_t cfa = origin + static_cast<uint64_t>(int64_t{row.cfa_offset});
  if (row.indirect && !memory.read_u64(cfa, cfa)) return StepResult::unreadable;
  uint64_t return_address = 0;
  if (!memory.read_u64(cfa - 8, return_address)) return StepResult::unreadable;

  const uint64_t base = row.indirect ? origin : cfa;
  std::array<uint64_t, kSavedRegisters.size()> values;
  unsigned restored = 0;
  for (unsigned rest = row.saved_mask; rest != 0; rest &= rest - 1) {
    const auto index = static_cast<size_t>(__builtin_ctz(rest));
    const uint64_t address = base + static_cast<uint64_t>(int64_t{row.saved[index]} * 8);
    if (is_popped(address, frame)) continue;
    if (!memory.read_u64(address, values[index])) return StepResult::unreadable;
    restored |= 1u << index;
  }
  frame.known &= kArchitecture.callee_saved;
  for (unsigned rest = restored; rest != 0; rest &= rest - 1) {
    const auto index = static_cast<size_t>(__builtin_ctz(rest));
    frame.set(kSavedRegisters[index], values[index]);
  }
  frame.set(kArchitecture.stack_pointer, cfa);
  frame.set(kArchitecture.program_counter, return_address);
  return StepResult::ok;
}

}  // namespace strobe::unwind
