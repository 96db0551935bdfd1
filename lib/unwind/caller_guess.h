// Who called a function without CFI, by the code around what may be its return address. Pure but for reading
// the stack.
#pragma once

#include <cstdint>

#include "model/address_space.h"
#include "unwind/core/architecture.h"
#include "unwind/core/frame_pointer.h"
#include "unwind/module_cfi.h"
#include "unwind/stack_memory.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {

/// Whether an address found without CFI is one that a call leaves.
enum class ReturnCheck : uint8_t {
  no,
  possible,  ///< executable, but its code cannot be read
  certain,   ///< behind a call instruction
};

/// Up to 32 bytes of the module's code before a file address.
[[nodiscard]] Bytes code_before(const ModuleCfi& cfi, uint64_t file_address);

class CallerGuess {
 public:
  explicit CallerGuess(CfiSource& cfi) : cfi_(&cfi) {}  ///< borrowed

  [[nodiscard]] ReturnCheck check_return_address(const AddressSpace& space, uint64_t address) const;
  /// Where the interrupted function has its return address, when its code does not say; unknown: by the frame
  /// pointer.
  [[nodiscard]] PrologueState guess_leaf(const AddressSpace& space, StackMemory& memory,
                                         const FrameRegisters& registers) const;

 private:
  [[nodiscard]] uint64_t find_called_function(const AddressSpace& space, uint64_t pc,
                                              uint64_t return_address) const;
  [[nodiscard]] bool frame_pointer_fits_better(const AddressSpace& space, StackMemory& memory,
                                               const FrameRegisters& registers,
                                               uint64_t return_address) const;

  CfiSource* cfi_;
};

}  // namespace strobe::unwind
