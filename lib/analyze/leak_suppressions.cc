#include "analyze/leak_suppressions.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/stack_sums.h"

namespace strobe::analyze {
namespace {

constexpr size_t kMaxRules = 10'000;
constexpr size_t kMaxPatternBytes = 1'000;

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Cuts the part before the next * off the front; false for the last part.
bool take_part(std::string_view& pattern, std::string_view& part) {
  const size_t star = pattern.find('*');
  part = pattern.substr(0, star);
  pattern.remove_prefix(star == std::string_view::npos ? pattern.size() : star + 1);
  return star != std::string_view::npos;
}

}  // namespace

bool matches_suppression(std::string_view pattern, std::string_view text) {
  const bool from_begin = pattern.starts_with('^');
  if (from_begin) pattern.remove_prefix(1);
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  if (pattern.empty()) return from_begin && to_end ? text.empty() : from_begin || to_end;
  bool anchored = from_begin;
  std::string_view part;
  for (bool more = true; more; anchored = false) {
    more = take_part(pattern, part);
    if (!more && to_end) {
      return anchored ? text == part : text.ends_with(part);
    }
    const size_t at = anchored ? (text.starts_with(part) ? 0 : std::string_view::npos) : text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

Result<LeakSuppressions> LeakSuppressions::parse(std::string_view text) {
  constexpr std::string_view kKind = "leak:";
  constexpr const char* kHint = "write rules as leak:PATTERN, one a line; # begins a comment";
  LeakSuppressions result;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view pattern = line.starts_with(kKind) ? line.substr(kKind.size()) : std::string_view();
    if (pattern.empty() || pattern.size() > kMaxPatternBytes) {
      return fail(ErrorCode::invalid_argument, fmt::format("line {} of the suppressions is no rule", number),
                  kHint);
    }
    if (result.patterns_.size() >= kMaxRules) {
      return fail(ErrorCode::invalid_argument, fmt::format("there are more than {} suppressions", kMaxRules),
                  kHint);
    }
    result.patterns_.emplace_back(pattern);
  }
  return result;
}

size_t LeakSuppressions::rule_for(const FunctionIdentity& function) const {
  for (size_t rule = 0; rule < patterns_.size(); ++rule) {
    const std::string& pattern = patterns_[rule];
    if ((!function.pseudo && matches_suppression(pattern, function.name)) ||
        (!function.file.empty() && matches_suppression(pattern, function.file)) ||
        (!function.module.empty() && matches_suppression(pattern, function.module))) {
      return rule;
    }
  }
  return kNoRule;
}

std::vector<size_t> LeakSuppressions::match(const Profile& profile, const FrameFunctions& functions) const {
  std::vector<size_t> of_function;
  for (const FunctionIdentity& function : functions.functions) of_function.push_back(rule_for(function));
  std::vector<size_t> of_stack(profile.stacks.size(), kNoRule);
  for (uint32_t i = 0; i < of_stack.size(); ++i) {
    const StackId caller = parent_of(profile, StackId{i});
    size_t rule = caller.is_none() ? kNoRule : of_stack[caller.index()];
    for (const uint32_t key : functions.frames.at(profile.stacks[i].frame))
      rule = std::min(rule, of_function[key]);
    of_stack[i] = rule;
  }
  return of_stack;
}

}  // namespace strobe::analyze
