#include "analyze/line_ranges.h"

#include <algorithm>

namespace strobe::analyze {
namespace {

/// The last line of context behind `anchor`: an anchor may lie beyond the end of the text, context never
/// does.
uint32_t context_end(uint32_t anchor, uint32_t lines, uint32_t line_count) {
  if (anchor >= line_count) return anchor;
  return anchor + std::min(lines, line_count - anchor);
}

}  // namespace

std::vector<LineRange> ranges_around(const std::vector<uint32_t>& anchors,
                                     const std::vector<uint32_t>& definitions, uint32_t line_count) {
  std::vector<LineRange> ranges;
  for (const uint32_t anchor : anchors) {
    if (ranges.empty()) {
      ranges.push_back({anchor, anchor});
      continue;
    }
    LineRange& last = ranges.back();
    // Beyond the end of the text there is nothing to show between two lines.
    const bool in_text = anchor <= line_count || anchor - last.last <= 1;
    if (anchor - last.last <= kMaxGap && in_text) {
      last.last = anchor;
    } else {
      last.last = context_end(last.last, kContextLines, line_count);
      const uint32_t before = anchor <= line_count ? std::min(kContextLines, anchor - last.last - 1) : 0;
      ranges.push_back({anchor - before, anchor});
    }
  }
  if (ranges.empty()) return ranges;
  LineRange& last = ranges.back();
  const uint32_t end = context_end(last.last, kTailLines, line_count);
  const auto next = std::upper_bound(definitions.begin(), definitions.end(), last.last);
  last.last = next == definitions.end() ? end : std::min(end, *next - 1);
  return ranges;
}

}  // namespace strobe::analyze
