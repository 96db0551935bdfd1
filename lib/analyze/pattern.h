// Regular expressions of the user, matched against names that may be hostile.
#pragma once

#include <regex.h>

#include <string>

#include "base/result.h"

namespace strobe::analyze {

/// A compiled POSIX extended regular expression: unlike std::regex it does not recurse on long input.
class Pattern {
 public:
  explicit Pattern(const std::string& text);
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern();
  [[nodiscard]] bool valid() const { return compiled_; }
  /// Anywhere in the first 4 KiB of `text`. One that is not valid matches nothing.
  [[nodiscard]] bool matches(const std::string& text) const;

 private:
  regex_t regex_{};
  bool compiled_;
};

/// Fails where `text` is empty or no regular expression.
Result<void> check_pattern(const std::string& text);

}  // namespace strobe::analyze
