// The views that `strobe report` has, by name, and which options go with which of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "options.h"

namespace strobe::cli {

enum class ViewKind : uint8_t {
  functions,
  lines,
  callers,
  callees,
  tree,
  memory,
  threads,
  locks,
  gil,
  quality,
  browse
};

struct ViewWord {
  std::string_view word;
  ViewKind kind;
  bool of_stacks;  ///< can be restricted and filtered; others take no restrictions, --focus, --ignore, --hide
  bool is_text = true;  ///< false: a dialogue
};
inline constexpr ViewWord kViewWords[] = {
    {"functions", ViewKind::functions, true},
    {"lines", ViewKind::lines, true},
    {"callers", ViewKind::callers, true},
    {"callees", ViewKind::callees, true},
    {"tree", ViewKind::tree, true},
    {"memory", ViewKind::memory, true},
    {"threads", ViewKind::threads, false},
    {"locks", ViewKind::locks, false},
    {"gil", ViewKind::gil, false},
    {"quality", ViewKind::quality, false},
    {"browse", ViewKind::browse, false, false},
};

/// None where there is no such view.
[[nodiscard]] const ViewWord* find_view(std::string_view word);
[[nodiscard]] std::vector<std::string> view_words();
/// All of them, or those of stacks, between separators.
[[nodiscard]] std::string list_views(const char* separator, const char* last, bool of_stacks_only);

/// Fails where the view, or a filter, is about waiting and the recording has none.
Result<void> check_waiting(const Profile& profile, ViewKind view, const analyze::StackFilter& filter);

/// Fails where an option was given that the view does not have: it would be ignored silently.
Result<void> check_view(const ViewWord& view, const std::vector<std::string>& restrictions,
                        const ReportOptions& options);

}  // namespace strobe::cli
