// Tables by something other than functions: source lines, files, modules, threads, processes. Groups of
// frames are keys like functions are (frame_keys.h), so every sum and view works on them, and what is
// recursive among them counts once as well. Threads and processes are no frames and have a table of their
// own. Pure.
#pragma once

#include <string_view>

#include "analyze/frame_keys.h"
#include "analyze/function_table.h"
#include "analyze/weighted_stacks.h"
#include "base/result.h"

namespace strobe::analyze {

/// "function", "line", "file", "module", "thread" or "process".
Result<Grouping> find_grouping(std::string_view word);
inline constexpr std::string_view kGroupingWords[] = {"function", "line",   "file",
                                                      "module",   "thread", "process"};

/// Whether rows are made of frames, and so have callers and callees.
[[nodiscard]] bool is_of_frames(Grouping grouping);

/// `functions` with their keys put together by line, file or module; as they are where grouped by function.
/// A function whose file is unknown counts for its module. `grouping` is one of frames.
[[nodiscard]] FrameFunctions group_frames(const Profile& profile, const FrameFunctions& functions,
                                          Grouping grouping);

/// By thread, the group it belongs to, and what groups are called ("101 worker").
struct ThreadGroups {
  std::vector<uint32_t> of_thread;
  std::vector<std::string> names;
};
[[nodiscard]] ThreadGroups group_threads(const Profile& profile, Grouping grouping);

/// A row for every thread or process that used CPU time, or lived where it is about wall time. Without a
/// filter they are exact.
[[nodiscard]] FunctionTable make_thread_table(const Profile& profile, const WeightedStacks& stacks,
                                              Grouping grouping);

}  // namespace strobe::analyze
