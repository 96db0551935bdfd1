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

/// Amounts that a filter works on: those of the view, and of every state.
template <class Use>
void for_each_sum(WeightedStacks& stacks, const Use& use) {
  use(stacks.amounts);
  for (StackAmounts& amounts : stacks.by_state) use(amounts);
}

/// Drops what has (or has not) a match.
void drop(const Profile& profile, const Pattern& pattern, bool with_match, WeightedStacks& stacks) {
  const std::vector<bool> has =
      find_stacks(profile, stacks.functions.frames, find_matches(pattern, stacks.functions.functions));
  for (size_t i = 0; i < has.size(); ++i) {
    if (has[i] == with_match) stacks.kept[i] = false;
  }
  if (pattern.matches(kNoStackRow) == with_match) stacks.keeps_no_stack = false;
  const bool kernel = pattern.matches(kKernelRow) == with_match;
  const bool too_short = pattern.matches(kTooShortRow) == with_match;
  const bool unseen = pattern.matches(kUnseenRow) == with_match;
  const bool ready = pattern.matches(kReadyRow) == with_match;
  for_each_sum(stacks, [&](StackAmounts& amounts) {
    if (kernel) amounts.kernel_seconds = 0;
    if (too_short) amounts.too_short_seconds = 0;
    if (unseen) amounts.unseen_seconds = 0;
    if (ready) amounts.ready_seconds = 0;
  });
}

void clear_dropped(WeightedStacks& stacks) {
  for_each_sum(stacks, [&](StackAmounts& amounts) {
    for (size_t i = 0; i < amounts.stacks.size(); ++i) {
      if (!stacks.kept[i]) amounts.stacks[i] = {};
    }
    if (!stacks.keeps_no_stack) amounts.no_stack = {};
  });
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
  const bool hidden = !filter.hide.empty() || !filter.native;
  for_each_sum(stacks, [&](StackAmounts& amounts) {
    Amount& bare = hidden ? amounts.hidden : amounts.no_stack;
    for (size_t i = 0; i < amounts.stacks.size(); ++i) {
      if (has[i]) continue;
      bare += amounts.stacks[i];
      amounts.stacks[i] = {};
    }
  });
}

void put(const TimePiece& piece, bool counts, StackAmounts& amounts) {
  Amount& amount =
      piece.stack.index() < amounts.stacks.size() ? amounts.stacks[piece.stack.index()] : amounts.no_stack;
  amount += {piece.amount.seconds, counts ? 1u : 0u, piece.amount.certain};
}

/// Every piece on its stack, and all pieces of a state on the state's.
void sum_pieces(const Profile& profile, WeightedStacks& stacks) {
  const StackFilter& filter = stacks.coverage.filter;
  stacks.amounts.stacks.resize(profile.stacks.size());
  for_each_piece(profile, stacks.selected, stacks.attribution, stacks.weights, [&](const TimePiece& piece) {
    if (filter.gil && !holds_gil(piece.python)) return;
    const bool counts = piece.first || !filter.states.empty();
    const bool is_asked = filter.wall ? filter.shows(piece.state) : piece.state == ThreadState::on_cpu;
    if (is_asked) put(piece, counts, stacks.amounts);
    if (stacks.by_state.empty() || !filter.shows(piece.state)) return;
    StackAmounts& amounts = stacks.by_state[static_cast<size_t>(piece.state)];
    amounts.stacks.resize(profile.stacks.size());
    put(piece, true, amounts);
  });
}

/// What shares are of, and how sure they are.
void judge_whole(WeightedStacks& stacks) {
  Coverage& coverage = stacks.coverage;
  const Attribution& attribution = stacks.attribution;
  coverage.cpu_seconds = attribution.cpu_seconds;
  coverage.whole = {attribution.cpu_seconds, attribution.samples};
  stacks.effective_samples = attribution.effective_samples;
  if (coverage.filter.wall) {
    double sampled = attribution.sampled_seconds;
    double spread = sampled > 0 ? sampled * sampled / attribution.effective_samples : 0;
    for (const StretchSeconds& stretch : stacks.weights.stretches) {
      if (stretch.sum() <= 0) continue;
      coverage.whole += {stretch.sum(), 1, stretch.sampled ? 0 : stretch.sum()};
      if (!stretch.sampled) continue;
      sampled += stretch.sum();
      spread += stretch.sum() * stretch.sum();
    }
    for (const StateSeconds& unseen : stacks.weights.unseen) coverage.whole.seconds += sum_of(unseen);
    if (spread > 0) stacks.effective_samples = sampled * sampled / spread;
    stacks.sampled_seconds = sampled;
  } else {
    stacks.sampled_seconds = attribution.sampled_seconds;
  }
  coverage.shown = coverage.whole;
}

/// Time that no sample and no stretch tells of; where only holders of the GIL are meant it is nobody's.
void sum_uncovered(WeightedStacks& stacks) {
  const StackFilter& filter = stacks.coverage.filter;
  if (filter.gil) return;
  StateSeconds unseen{};
  for (size_t i = 0; i < stacks.weights.unseen.size(); ++i) {
    for (size_t state = 0; state < unseen.size(); ++state) unseen[state] += stacks.weights.unseen[i][state];
  }
  const auto add = [&](StackAmounts& amounts, ThreadState state) {
    if (!filter.shows(state)) return;
    if (state == ThreadState::on_cpu) {
      amounts.kernel_seconds = stacks.attribution.kernel_seconds;
      amounts.too_short_seconds = stacks.attribution.too_short_seconds;
    }
    if (state == ThreadState::unknown) amounts.unseen_seconds = seconds_in(unseen, state);
    if (state == ThreadState::runnable) amounts.ready_seconds = seconds_in(unseen, state);
  };
  for (const ThreadState state : {ThreadState::on_cpu, ThreadState::unknown, ThreadState::runnable}) {
    if (filter.wall || state == ThreadState::on_cpu) add(stacks.amounts, state);
    if (!stacks.by_state.empty()) add(stacks.by_state[static_cast<size_t>(state)], state);
  }
}

Amount sum_of(const StackAmounts& amounts) {
  Amount sum{
      amounts.kernel_seconds + amounts.too_short_seconds + amounts.unseen_seconds + amounts.ready_seconds, 0};
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
                            const StackFilter& filter, StateDetail states) {
  WeightedStacks stacks;
  stacks.selected = selected;
  stacks.attribution = attribute(profile, selected);
  stacks.functions = frame_functions(profile);
  stacks.coverage.filter = filter;
  stacks.coverage.filter.wall = filter.wall && profile.info.wall;
  if (profile.info.wall && (filter.wall || states == StateDetail::always)) {
    stacks.weights = weigh_stretches(profile, selected, stacks.attribution);
    stacks.by_state.resize(kThreadStateCount);
  }
  sum_pieces(profile, stacks);
  sum_uncovered(stacks);
  judge_whole(stacks);
  stacks.kept.assign(profile.stacks.size(), true);

  // Focus and ignore see whole stacks, also the frames that are hidden from view.
  for (const std::string& text : filter.focus) drop(profile, Pattern(text), false, stacks);
  for (const std::string& text : filter.ignore) drop(profile, Pattern(text), true, stacks);
  clear_dropped(stacks);
  hide(profile, filter, stacks.functions);
  collect_bare_stacks(profile, stacks);
  if (!filter.focus.empty() || !filter.ignore.empty() || filter.gil || !filter.states.empty())
    stacks.coverage.shown = sum_of(stacks.amounts);
  return stacks;
}

}  // namespace strobe::analyze
