// One row of the table that CFI describes (DWARF 5, 6.4.1): how to get the caller's registers at one
// instruction. Complete but large; compact_row.h is what gets cached. Freestanding: no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "unwind/core/architecture.h"

namespace strobe::unwind {

enum class RuleKind : uint8_t {
  unspecified,  ///< nothing said: callee-saved registers keep their value, others lose it
  undefined,    ///< for the return address: no caller, the end of the stack
  same_value,
  offset,          ///< saved at CFA + value
  value_offset,    ///< is CFA + value
  other_register,  ///< is in register `value`
  expression,      ///< saved where the expression says
  value_expression,
};

struct RegisterRule {
  RuleKind kind = RuleKind::unspecified;
  uint32_t expression_size = 0;
  union {
    int64_t value = 0;
    const std::byte* expression;  ///< borrowed from the file
  };

  [[nodiscard]] Bytes expression_bytes() const { return {expression, expression_size}; }
};

struct CfaRule {
  enum class Kind : uint8_t { undefined, register_offset, expression };
  Kind kind = Kind::undefined;
  uint8_t register_number = 0;
  int64_t offset = 0;
  Bytes expression;
};

struct UnwindRow {
  CfaRule cfa;
  std::array<RegisterRule, kArchitecture.register_count> rules{};
  uint8_t return_address_register = 0;
  bool signal_frame = false;    ///< augmentation 'S': the caller was interrupted, it did not call
  bool switches_stack = false;  ///< the caller's frame is on another stack
};

}  // namespace strobe::unwind
