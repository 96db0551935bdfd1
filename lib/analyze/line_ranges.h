// Which lines of a source are shown around the lines that matter. Pure arithmetic, safe for any numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace strobe::analyze {

struct LineRange {
  uint32_t first = 0;
  uint32_t last = 0;  ///< included
  friend bool operator==(const LineRange&, const LineRange&) = default;
};

inline constexpr uint32_t kMaxGap = 20;       ///< so many lines without a sample are shown, more are left out
inline constexpr uint32_t kContextLines = 3;  ///< shown at either side of what is left out
inline constexpr uint32_t kTailLines = 2;     ///< shown behind the last line

/// The ranges that show every line of `anchors` (sorted, from 1). Shown context stays within `line_count`
/// lines and behind the last anchor before the next of `definitions` (sorted): there another function begins.
[[nodiscard]] std::vector<LineRange> ranges_around(const std::vector<uint32_t>& anchors,
                                                   const std::vector<uint32_t>& definitions,
                                                   uint32_t line_count);

}  // namespace strobe::analyze
