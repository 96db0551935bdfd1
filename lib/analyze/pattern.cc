#include "analyze/pattern.h"

#include <fmt/format.h>

namespace strobe::analyze {
namespace {

constexpr size_t kMaxMatchedBytes = 4096;  // names can be hostile; matching costs more than linear time

}  // namespace

Pattern::Pattern(const std::string& text)
    : compiled_(::regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}

Pattern::~Pattern() {
  if (compiled_) ::regfree(&regex_);
}

bool Pattern::matches(const std::string& text) const {
  return compiled_ && ::regexec(&regex_, text.substr(0, kMaxMatchedBytes).c_str(), 0, nullptr, 0) == 0;
}

Result<void> check_pattern(const std::string& text) {
  if (!text.empty() && Pattern(text).valid()) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a regular expression", text),
              "give an extended regular expression, as grep -E has them");
}

}  // namespace strobe::analyze
