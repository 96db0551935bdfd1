#include "view_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "analyze/grouping.h"

namespace strobe::cli {
namespace {

Result<void> refuse(const ViewWord& view, const char* what, const std::string& hint) {
  return fail(ErrorCode::invalid_argument, fmt::format("the {} view takes no {}", view.word, what), hint);
}

}  // namespace

const ViewWord* find_view(std::string_view word) {
  const auto* found = std::find_if(std::begin(kViewWords), std::end(kViewWords),
                                   [&](const ViewWord& view) { return view.word == word; });
  return found == std::end(kViewWords) ? nullptr : found;
}

std::vector<std::string> view_words() {
  std::vector<std::string> words;
  for (const ViewWord& view : kViewWords) words.emplace_back(view.word);
  return words;
}

std::string list_views(const char* separator, const char* last, bool of_stacks_only) {
  std::vector<std::string_view> words;
  for (const ViewWord& view : kViewWords) {
    if (view.of_stacks || !of_stacks_only) words.push_back(view.word);
  }
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == words.size() ? last : separator).append(words[i]);
  }
  return text;
}

Result<void> check_waiting(const Profile& profile, ViewKind view, const analyze::StackFilter& filter) {
  const bool needs = view == ViewKind::locks || view == ViewKind::gil || filter.wall;
  if (!needs || profile.info.wall) return {};
  return fail(ErrorCode::unsupported,
              "this recording has CPU time only: nothing tells what threads waited for",
              "record it again with --wall: strobe run --wall -- COMMAND");
}

Result<void> check_view(const ViewWord& view, const std::vector<std::string>& restrictions,
                        const ReportOptions& options) {
  const std::string of_stacks = "they are for: " + list_views(", ", ", ", true);
  if (!view.of_stacks && !restrictions.empty()) return refuse(view, "restrictions", of_stacks);
  const Result<analyze::Grouping> by = analyze::find_grouping(options.by);  // a wrong word is said elsewhere
  const bool by_threads = by && !analyze::is_of_frames(*by);
  if (view.kind == ViewKind::browse) {
    if (!options.json.empty()) return refuse(view, "--json", "strobe report --json FILE writes it");
    if (by_threads) return refuse(view, "--by thread or process", "use: strobe report functions --by thread");
    return {};
  }
  const bool memory = view.kind == ViewKind::memory;
  if (!memory && !options.memory.empty())
    return refuse(view, "--peak, --leaks, --temporary, --kind and --suppressions", "they are for: memory");
  const bool wall = options.wall || !options.states.empty();
  if (memory && (wall || options.filter.gil || !options.thread.empty()))
    return refuse(view, "--wall, --state, --gil and --thread", "memory belongs to processes: --process");
  if (!view.of_stacks && wall) {
    return refuse(
        view, "--wall and --state",
        view.kind == ViewKind::quality ? of_stacks : "it is about wall time in all its states anyway");
  }
  if (!options.json.empty() && !options.states.empty())
    return fail(ErrorCode::invalid_argument, "--state is for text", "the JSON has every state apart");
  if (!view.of_stacks && !options.filter.empty())
    return refuse(view, "--focus, --ignore, --hide, --no-native and --gil", of_stacks);

  const bool tree = view.kind == ViewKind::tree;
  const bool calls = view.kind == ViewKind::callers || view.kind == ViewKind::callees;
  if (!tree && !memory && (!options.min_share.empty() || options.depth.has_value()))
    return refuse(view, "--min-share and --depth", "they are for: tree and memory");
  if (tree && (!options.sort_keys.empty() || options.reverse || options.wide)) {
    return refuse(view, "--sort, --reverse and --wide",
                  "callers come before callees, the most cumulative time first");
  }
  if (memory && by && *by == analyze::Grouping::thread)
    return refuse(view, "--by thread", "memory belongs to processes: --by process");
  if (!by || *by == analyze::Grouping::function || tree || memory || view.kind == ViewKind::functions)
    return {};
  if (!calls) return refuse(view, "--by", "it is for: functions, callers, callees, tree, memory");
  if (!analyze::is_of_frames(*by))
    return refuse(view, "--by thread or process", "they do not call each other");
  return {};
}

}  // namespace strobe::cli
