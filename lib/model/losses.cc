#include "model/losses.h"

namespace strobe {

std::string_view name_of(LossReason reason) {
  switch (reason) {
    case LossReason::none:
      return "none";
    case LossReason::ring_full:
      return "ring_full";
    case LossReason::throttled:
      return "throttled";
    case LossReason::queue_full:
      return "queue_full";
    case LossReason::late:
      return "late";
    case LossReason::no_registers:
      return "no_registers";
    case LossReason::stack_copy_short:
      return "stack_copy_short";
    case LossReason::no_mapping:
      return "no_mapping";
    case LossReason::no_unwind_info:
      return "no_unwind_info";
    case LossReason::bad_unwind_info:
      return "bad_unwind_info";
    case LossReason::unreadable_memory:
      return "unreadable_memory";
    case LossReason::too_deep:
      return "too_deep";
    case LossReason::loop:
      return "loop";
    case LossReason::no_symbols:
      return "no_symbols";
    case LossReason::module_unreadable:
      return "module_unreadable";
    case LossReason::changed_while_read:
      return "changed_while_read";
    case LossReason::not_captured:
      return "not_captured";
    case LossReason::bad_code_object:
      return "bad_code_object";
  }
  return "unknown";
}

std::string_view name_of(StackClass stack_class) {
  switch (stack_class) {
    case StackClass::complete:
      return "complete";
    case StackClass::completed:
      return "completed";
    case StackClass::truncated:
      return "truncated";
    case StackClass::incomplete:
      return "incomplete";
    case StackClass::none:
      return "none";
  }
  return "unknown";
}

}  // namespace strobe
