// What the unwinder has to know about an instruction set, as data, and a frame's registers. The rules of
// CFI are the same everywhere; only these numbers differ. Freestanding: no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/registers.h"

namespace strobe::unwind {

struct Architecture {
  uint8_t register_count;  ///< DWARF registers that are tracked
  uint8_t stack_pointer;   ///< DWARF numbers
  uint8_t frame_pointer;
  uint8_t program_counter;
  uint64_t callee_saved;  ///< registers a called function leaves as they were, by bit
};

/// psABI 1.0, 3.2.1: rbx, rbp, rsp, r12-r15 belong to the caller.
// NOLINTNEXTLINE(readability-identifier-naming): the name of the architecture
inline constexpr Architecture kX86_64{
    .register_count = 17,
    .stack_pointer = x86_64::kRsp,
    .frame_pointer = x86_64::kRbp,
    .program_counter = x86_64::kRip,
    .callee_saved = 1u << x86_64::kRbx | 1u << x86_64::kRbp | 1u << x86_64::kRsp | 1u << x86_64::kR12 |
                    1u << x86_64::kR13 | 1u << x86_64::kR14 | 1u << x86_64::kR15 | 1u << x86_64::kRip,
};

/// The architecture this build unwinds.
inline constexpr const Architecture& kArchitecture = kX86_64;

/// The registers of one frame. A register outside of `known` has lost its value on the way here (a call may
/// change it and nothing saved it): rules that need it fail instead of using what it was in the callee.
struct FrameRegisters {
  Registers registers;
  uint64_t known = (uint64_t{1} << kArchitecture.register_count) - 1;

  [[nodiscard]] bool is_known(size_t number) const { return number < 64 && (known >> number & 1) != 0; }
  [[nodiscard]] uint64_t get(size_t number) const { return registers.value[number]; }
  void set(size_t number, uint64_t value) {
    registers.value[number] = value;
    known |= uint64_t{1} << number;
  }
  void forget(size_t number) { known &= ~(uint64_t{1} << number); }

  [[nodiscard]] uint64_t pc() const { return registers.value[kArchitecture.program_counter]; }
  [[nodiscard]] uint64_t sp() const { return registers.value[kArchitecture.stack_pointer]; }
  [[nodiscard]] uint64_t fp() const { return registers.value[kArchitecture.frame_pointer]; }
};

}  // namespace strobe::unwind
