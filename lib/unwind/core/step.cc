#include "unwind/core/step.h"

#include "unwind/core/dwarf_expression.h"

namespace strobe::unwind {

namespace {

bool read_word(MemoryReader& memory, uint64_t address, uint64_t& out) {
  return memory.read_memory(address, std::as_writable_bytes(std::span(&out, 1)));
}

StepResult find_cfa(const CfaRule& rule, const ExpressionContext& context, uint64_t& cfa) {
  switch (rule.kind) {
    case CfaRule::Kind::register_offset:
      if (!context.registers.is_known(rule.register_number)) return StepResult::bad_info;
      cfa = context.registers.get(rule.register_number) + static_cast<uint64_t>(rule.offset);
      return StepResult::ok;
    case CfaRule::Kind::expression:
      return evaluate_expression(rule.expression, context, nullptr, cfa) ? StepResult::ok
                                                                         : StepResult::unreadable;
    case CfaRule::Kind::undefined:
      break;
  }
  return StepResult::bad_info;
}

/// The caller's value of one register, or forgotten. `caller` still holds the callee's value.
StepResult apply_rule(size_t number, const RegisterRule& rule, uint64_t cfa, const ExpressionContext& context,
                      FrameRegisters& caller) {
  uint64_t value = 0;
  switch (rule.kind) {
    case RuleKind::unspecified:
      if ((kArchitecture.callee_saved >> number & 1) == 0) caller.forget(number);
      return StepResult::ok;
    case RuleKind::undefined:
      caller.forget(number);
      return StepResult::ok;
    case RuleKind::same_value:
      return StepResult::ok;
    case RuleKind::offset: {
      const uint64_t address = cfa + static_cast<uint64_t>(rule.value);
      if (number != kArchitecture.program_counter && is_popped(address, context.registers)) {
        return StepResult::ok;
      }
      if (!read_word(context.memory, address, value)) return StepResult::unreadable;
      break;
    }
    case RuleKind::value_offset:
      value = cfa + static_cast<uint64_t>(rule.value);
      break;
    case RuleKind::other_register: {
      const auto source = static_cast<size_t>(rule.value);
      if (!context.registers.is_known(source)) {
        caller.forget(number);
        return StepResult::ok;
      }
      value = context.registers.get(source);
      break;
    }
    case RuleKind::expression: {
      uint64_t address = 0;
      if (!evaluate_expression(rule.expression_bytes(), context, &cfa, address) ||
          !read_word(context.memory, address, value)) {
        return StepResult::unreadable;
      }
      break;
    }
    case RuleKind::value_expression:
      if (!evaluate_expression(rule.expression_bytes(), context, &cfa, value)) return StepResult::unreadable;
      break;
  }
  caller.set(number, value);
  return StepResult::ok;
}

}  // namespace

bool is_outermost(const UnwindRow& row) {
  return row.rules[row.return_address_register].kind == RuleKind::undefined;
}

StepResult step_row(const UnwindRow& row, uint64_t bias, MemoryReader& memory, FrameRegisters& frame) {
  if (is_outermost(row)) return StepResult::end_of_stack;
  const ExpressionContext context{.registers = frame, .memory = memory, .bias = bias};
  uint64_t cfa = 0;
  if (const StepResult found = find_cfa(row.cfa, context, cfa); found != StepResult::ok) return found;

  FrameRegisters caller = frame;
  for (size_t number = 0; number < row.rules.size(); ++number) {
    const StepResult applied = apply_rule(number, row.rules[number], cfa, context, caller);
    if (applied != StepResult::ok) return applied;
  }
  // The CFA is by definition the stack pointer before the call, unless the row says otherwise.
  if (row.rules[kArchitecture.stack_pointer].kind == RuleKind::unspecified) {
    caller.set(kArchitecture.stack_pointer, cfa);
  }
  // Without a rule the return address is still where the call put it: a link register, never our own pc.
  const size_t return_address = row.return_address_register;
  const bool has_rule = row.rules[return_address].kind != RuleKind::unspecified;
  if (!has_rule && return_address == kArchitecture.program_counter) return StepResult::bad_info;
  if (!caller.is_known(return_address) || !caller.is_known(kArchitecture.stack_pointer)) {
    return StepResult::bad_info;
  }
  caller.set(kArchitecture.program_counter, caller.get(return_address));
  frame = caller;
  return StepResult::ok;
}

}  // namespace strobe::unwind
