#include "analyze/weighted_stacks.h"

#include "analyze/function_table.h"
#include "analyze/ordering.h"
#include "analyze/pattern.h"

namespace strobe::analyze {
namespace {

bool matches(const Pattern& pattern, const FunctionIdentity& function) {
  return pattern.matches(function.name) || pattern.matches(location_of(function, false));
}

/// By function: whether it matches.
std::vector<bool> find_matches(const Pattern& pattern, const std::vector<FunctionIdentity>& functions) {
  std::vector<bool> found;
  found.reserve(functions.size());
  for (const FunctionIdentity& function : functions) found.push_back(matches(pattern, function));
  return found;
}

/// By stack: whether one of its frames has such a function. Parents come before their children.
std::vector<bool> find_stacks(const Profile& profile, const FrameKeys& frames,
                              const std::vector<bool>& functions) {
  std::vector<bool> found(profile.stacks.size());
  for (uint32_t i = 0; i < found.size(); ++i) {
    const StackId caller = parent_of(profile, StackId{i});
    bool has = !caller.is_none() && found[caller.index()];
    for (const uint32_t key : frames.at(profile.stacks[i].frame)) has = has || functions[key];
    found[i] = has;
  }
  return found;
}

/// Drops what has (or has not) a match.
void drop(const Profile& profile, const Pattern& pattern, bool with_match, WeightedStacks& stacks) {
  const std::vector<bool> has =
      find_stacks(profile, stacks.functions.frames, find_matches(pattern, stacks.functions.functions));
  for (size_t i = 0; i < has.size(); ++i) {
    if (has[i] == with_match) stacks.kept[i] = false;
  }
  if (pattern.matches(kNoStackRow) == with_match) stacks.keeps_no_stack = false;
  if (pattern.matches(kKernelRow) == with_match) stacks.amounts.kernel_seconds = 0;
  if (pattern.matches(kTooShortRow) == with_match) stacks.amounts.too_short_seconds = 0;
}

/// Whether frames of a kind are details that the filter leaves out.
bool leaves_out(const StackFilter& filter, FrameKind kind) {
  if (kind == FrameKind::interpreter) return !filter.interpreter_frames || !filter.native;
  return kind != FrameKind::python && !filter.native;
}

/// Takes keys out of `functions`: those of hidden functions, and all of frames that are left out.
void hide(const Profile& profile, const StackFilter& filter, FrameFunctions& functions) {
  std::vector<bool> hidden(functions.functions.size(), false);
  for (const std::string& text : filter.hide) {
    const std::vector<bool> found = find_matches(Pattern(text), functions.functions);
    for (size_t i = 0; i < hidden.size(); ++i) hidden[i] = hidden[i] || found[i];
  }
  const FrameKeys& frames = functions.frames;
  FrameKeys result;
  result.key_count = frames.key_count;
  result.begin.push_back(0);
  for (size_t frame = 0; frame + 1 < frames.begin.size(); ++frame) {
    const bool left_out = leaves_out(filter, profile.frames[frame].kind);
    for (uint32_t i = frames.begin[frame]; !left_out && i < frames.begin[frame + 1]; ++i) {
      if (hidden[frames.keys[i]]) continue;
      result.keys.push_back(frames.keys[i]);
      result.sources.push_back(frames.sources[i]);
    }
    result.begin.push_back(static_cast<uint32_t>(result.keys.size()));
  }
  functions.frames = std::move(result);
}

/// Puts what lies on stacks without any key where it does not get lost.
void collect_bare_stacks(const Profile& profile, WeightedStacks& stacks) {
  const std::vector<bool> any(stacks.functions.functions.size(), true);
  const std::vector<bool> has = find_stacks(profile, stacks.functions.frames, any);
  const StackFilter& filter = stacks.coverage.filter;
  Amount& bare = filter.hide.empty() && filter.native ? stacks.amounts.no_stack : stacks.amounts.hidden;
  for (size_t i = 0; i < has.size(); ++i) {
    if (has[i]) continue;
    bare += stacks.amounts.stacks[i];
    stacks.amounts.stacks[i] = {};
  }
}

/// sum_stacks() of the samples whose threads held the GIL; time without samples is nobody's.
StackAmounts sum_holders(const Profile& profile, const SelectedThreads& selected,
                         const Attribution& attribution) {
  StackAmounts result;
  result.stacks.resize(profile.stacks.size());
  for (const SampleRow& sample : profile.samples) {
    const size_t thread = sample.thread.index();
    if (thread >= selected.size() || !selected[thread] || !holds_gil(sample.python)) continue;
    const bool known = sample.stack.index() < profile.stacks.size();
    Amount& amount = known ? result.stacks[sample.stack.index()] : result.no_stack;
    amount += {attribution.threads[thread].seconds_per_sample, 1};
  }
  return result;
}

Amount sum_of(const StackAmounts& amounts) {
  Amount sum{amounts.kernel_seconds + amounts.too_short_seconds, 0};
  sum += amounts.no_stack;
  sum += amounts.hidden;
  for (const Amount& amount : amounts.stacks) sum += amount;
  return sum;
}

}  // namespace

Result<void> check_filter(const StackFilter& filter) {
  for (const auto* list : {&filter.focus, &filter.ignore, &filter.hide}) {
    for (const std::string& text : *list) {
      if (Result<void> checked = check_pattern(text); !checked) return checked;
    }
  }
  return {};
}

double share_of(const Coverage& coverage, const Amount& amount) {
  return coverage.whole.seconds > 0 ? amount.seconds / coverage.whole.seconds : 0;
}

WeightedStacks weigh_stacks(const Profile& profile, const SelectedThreads& selected,
                            const StackFilter& filter) {
  WeightedStacks stacks;
  stacks.selected = selected;
  stacks.attribution = attribute(profile, selected);
  stacks.functions = frame_functions(profile);
  stacks.coverage.filter = filter;
  stacks.amounts = filter.gil ? sum_holders(profile, selected, stacks.attribution)
                              : sum_stacks(profile, selected, stacks.attribution);
  stacks.kept.assign(profile.stacks.size(), true);
  stacks.coverage.whole = {stacks.attribution.cpu_seconds, stacks.attribution.samples};
  stacks.coverage.shown = stacks.coverage.whole;

  // Focus and ignore see whole stacks, also the frames that are hidden from view.
  for (const std::string& text : filter.focus) drop(profile, Pattern(text), false, stacks);
  for (const std::string& text : filter.ignore) drop(profile, Pattern(text), true, stacks);
  for (size_t i = 0; i < stacks.kept.size(); ++i) {
    if (!stacks.kept[i]) stacks.amounts.stacks[i] = {};
  }
  if (!stacks.keeps_no_stack) stacks.amounts.no_stack = {};
  hide(profile, filter, stacks.functions);
  collect_bare_stacks(profile, stacks);
  if (!filter.focus.empty() || !filter.ignore.empty() || filter.gil)
    stacks.coverage.shown = sum_of(stacks.amounts);
  return stacks;
}

}  // namespace strobe::analyze
