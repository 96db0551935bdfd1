#include "model/sources.h"

namespace strobe {

std::string_view name_of(SourceState state) {
  switch (state) {
    case SourceState::found:
      return "found";
    case SourceState::absent:
      return "absent";
    case SourceState::not_regular:
      return "not_regular";
    case SourceState::unreadable:
      return "unreadable";
    case SourceState::too_large:
      return "too_large";
    case SourceState::binary:
      return "binary";
    case SourceState::ambiguous:
      return "ambiguous";
  }
  return "absent";
}

std::string_view name_of(SourcePlace place) {
  switch (place) {
    case SourcePlace::recording:
      return "recording";
    case SourcePlace::as_named:
      return "as_named";
    case SourcePlace::mapped:
      return "mapped";
    case SourcePlace::nearby:
      return "nearby";
  }
  return "as_named";
}

}  // namespace strobe
