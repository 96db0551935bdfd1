// Leaks that are known and wanted: rules in LeakSanitizer's syntax, one a line, "leak:PATTERN"; empty lines
// and those that begin with # say nothing. A leak is suppressed where a pattern matches a function, its file
// or its module anywhere on the stack that allocated it. In a pattern * stands for any text, ^ at the
// beginning and $ at the end for the name's own; without them it matches in the middle as well. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyze/frame_keys.h"
#include "base/result.h"
#include "model/recording.h"

namespace strobe::analyze {

class LeakSuppressions {
 public:
  /// Fails for a line that is no rule, naming it. Rules for other sanitizers ("race:…") are none of ours, and
  /// are an error as LeakSanitizer has it.
  static Result<LeakSuppressions> parse(std::string_view text);

  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }
  /// By stack of the profile: the first rule that matches it, or kNoRule.
  [[nodiscard]] std::vector<size_t> match(const Profile& profile, const FrameFunctions& functions) const;

  static constexpr size_t kNoRule = static_cast<size_t>(-1);

 private:
  [[nodiscard]] size_t rule_for(const FunctionIdentity& function) const;
  std::vector<std::string> patterns_;
};

/// Whether such a pattern matches. Takes time in proportion to the product of the lengths at worst.
[[nodiscard]] bool matches_suppression(std::string_view pattern, std::string_view text);

}  // namespace strobe::analyze
