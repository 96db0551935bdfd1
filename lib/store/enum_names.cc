#include "store/enum_names.h"

namespace strobe::store {

std::string_view name_of(RecordingState state) {
  switch (state) {
    case RecordingState::open:
      return "open";
    case RecordingState::recorded:
      return "recorded";
    case RecordingState::symbolized:
      return "symbolized";
  }
  return "unknown";
}

std::optional<RecordingState> find_state(std::string_view name) {
  for (const auto state : {RecordingState::open, RecordingState::recorded, RecordingState::symbolized}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<LossReason> find_loss_reason(std::string_view name) {
  // name_of() says "unknown" behind the last one.
  for (uint8_t value = 0; value < UINT8_MAX; ++value) {
    const auto reason = static_cast<LossReason>(value);
    const std::string_view candidate = name_of(reason);
    if (candidate == name) return candidate == "unknown" ? std::nullopt : std::optional(reason);
    if (candidate == "unknown") break;
  }
  return std::nullopt;
}

}  // namespace strobe::store
