#include "analyze/source_lines.h"

#include <algorithm>

namespace strobe::analyze {

SourceLines::SourceLines(std::string_view text) : text_(text) {
  // A break at the very end begins no further line.
  for (size_t at = 0; at < text.size();) {
    begins_.push_back(at);
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
}

std::string_view SourceLines::at(uint32_t line) const {
  if (line == 0 || line > begins_.size()) return {};
  const size_t begin = begins_[line - 1];
  std::string_view text = text_.substr(begin, text_.find('\n', begin) - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace strobe::analyze
