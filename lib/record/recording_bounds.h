// How large and how old a recording may become. Plain data.
#pragma once

#include <cstdint>

namespace strobe::record {

/// Zero: without bound.
struct RecordingBounds {
  uint64_t max_bytes = 0;   ///< of the file with its log, while recording and after it
  uint64_t max_age_ns = 0;  ///< so much is kept at least, an eighth more at most
};

}  // namespace strobe::record
