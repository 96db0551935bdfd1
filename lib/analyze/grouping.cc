#include "analyze/grouping.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace strobe::analyze {
namespace {

/// What a frame in `function` at `frame`'s line belongs to.
FunctionIdentity identify(const Profile& profile, const FunctionIdentity& function, const FrameRow& frame,
                          Grouping grouping) {
  FunctionIdentity group = function;
  switch (grouping) {
    case Grouping::line:
      if (frame.line == 0 || function.pseudo) break;
      group.file = profile.text(frame.file);
      group.line = group.file.empty() ? 0 : frame.line;
      break;
    case Grouping::file:
      group = {.file = function.file, .module = function.module, .language = function.language};
      if (!group.file.empty()) group.module.clear();  // a header's code is in many modules
      break;
    case Grouping::module:
      group = {.module = function.module, .language = function.language};
      break;
    default:
      break;
  }
  return group;
}

}  // namespace

Result<Grouping> find_grouping(std::string_view word) {
  const auto* found = std::find(std::begin(kGroupingWords), std::end(kGroupingWords), word);
  if (found != std::end(kGroupingWords)) return static_cast<Grouping>(found - std::begin(kGroupingWords));
  return fail(ErrorCode::invalid_argument, fmt::format("cannot group by '{}'", word),
              fmt::format("use one of: {}", fmt::join(kGroupingWords, " ")));
}

bool is_of_frames(Grouping grouping) { return grouping != Grouping::thread && grouping != Grouping::process; }

FrameFunctions group_frames(const Profile& profile, const FrameFunctions& functions, Grouping grouping) {
  if (grouping == Grouping::function) return functions;
  FrameFunctions result;
  result.grouping = grouping;
  result.frames.begin = functions.frames.begin;
  result.frames.sources = functions.frames.sources;
  std::map<FunctionIdentity, uint32_t> ids;
  for (size_t i = 0; i < functions.frames.keys.size(); ++i) {
    const FrameRow& frame = profile.frames[functions.frames.sources[i].index()];
    FunctionIdentity group =
        identify(profile, functions.functions[functions.frames.keys[i]], frame, grouping);
    const auto next = static_cast<uint32_t>(result.functions.size());
    const auto [place, inserted] = ids.try_emplace(std::move(group), next);
    if (inserted) result.functions.push_back(place->first);
    result.frames.keys.push_back(place->second);
  }
  result.frames.key_count = static_cast<uint32_t>(result.functions.size());
  return result;
}

ThreadGroups group_threads(const Profile& profile, Grouping grouping) {
  ThreadGroups groups;
  if (grouping == Grouping::thread) {
    groups.of_thread.resize(profile.threads.size());
    std::iota(groups.of_thread.begin(), groups.of_thread.end(), 0u);
    for (const ThreadRow& row : profile.threads)
      groups.names.push_back(fmt::format("{} {}", row.tid, profile.text(row.name)));
    return groups;
  }
  const auto unknown = static_cast<uint32_t>(profile.processes.size());
  for (const ThreadRow& row : profile.threads)
    groups.of_thread.push_back(std::min(static_cast<uint32_t>(row.process.index()), unknown));
  for (const ProcessRow& row : profile.processes)
    groups.names.push_back(fmt::format("{} {}", row.pid, profile.text(row.command)));
  groups.names.emplace_back("[unknown process]");
  return groups;
}

FunctionTable make_thread_table(const Profile& profile, const WeightedStacks& stacks, Grouping grouping) {
  const ThreadGroups groups = group_threads(profile, grouping);
  const Attribution& attribution = stacks.attribution;
  std::vector<Amount> amounts(groups.names.size());
  std::vector<StateSeconds> states(groups.names.size());
  for_each_shown(profile, stacks, [&](const TimePiece& piece) {
    const uint32_t group = groups.of_thread[piece.thread.index()];
    seconds_in(states[group], piece.state) += piece.amount.seconds;
    if (!stacks.coverage.filter.wall && piece.state != ThreadState::on_cpu) return;
    amounts[group] += {piece.amount.seconds, piece.first ? 1u : 0u, piece.amount.certain};
  });
  for (size_t i = 0; i < groups.of_thread.size(); ++i) {
    const auto add = [&](ThreadState state, double seconds, double shown) {
      if (shown <= 0) return;
      amounts[groups.of_thread[i]].seconds += seconds;
      seconds_in(states[groups.of_thread[i]], state) += seconds;
    };
    const StackAmounts& of_view = stacks.amounts;
    add(ThreadState::on_cpu, attribution.threads[i].kernel_seconds, of_view.kernel_seconds);
    add(ThreadState::on_cpu, attribution.threads[i].too_short_seconds, of_view.too_short_seconds);
    if (!stacks.coverage.filter.wall) continue;
    const StateSeconds& unseen = stacks.weights.unseen[i];
    add(ThreadState::unknown, seconds_in(unseen, ThreadState::unknown), of_view.unseen_seconds);
    add(ThreadState::runnable, seconds_in(unseen, ThreadState::runnable), of_view.ready_seconds);
  }
  FunctionTable table;
  table.grouping = grouping;
  table.cpu_seconds = attribution.cpu_seconds;
  table.sampled_seconds = stacks.sampled_seconds;
  table.samples = attribution.samples;
  table.effective_samples = stacks.effective_samples;
  table.has_states = !stacks.by_state.empty();
  table.coverage = stacks.coverage;
  for (size_t i = 0; i < amounts.size(); ++i) {
    if (amounts[i].is_nothing()) continue;
    FunctionIdentity group{.name = groups.names[i]};
    table.rows.push_back(
        {std::move(group), amounts[i], amounts[i], stacks.coverage.filter.empty(), states[i], states[i]});
  }
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const FunctionStats& a, const FunctionStats& b) {
    return a.self.seconds > b.self.seconds;
  });
  return table;
}

}  // namespace strobe::analyze
