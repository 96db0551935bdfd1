#include "analyze/gil_view.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

/// Stretches from here on are all kept: a longer time without a look at a thread has no explanation.
constexpr uint64_t kAlwaysKeptNs = 10'000'000;

/// By thread, the address of the GIL it is taken to use: the one it waited for, or whose waiters named it as
/// the holder, or the only one of its process.
std::vector<uint64_t> find_gils_of_threads(const Profile& profile) {
  std::vector<uint64_t> of_thread(profile.threads.size());
  std::vector<uint64_t> of_process(profile.processes.size());
  for (const StretchRow& stretch : profile.stretches) {
    if (stretch.state != ThreadState::gil || stretch.object_address == 0) continue;
    for (const ThreadId thread : {stretch.thread, stretch.owner}) {
      if (thread.index() >= of_thread.size()) continue;
      if (of_thread[thread.index()] == 0) of_thread[thread.index()] = stretch.object_address;
      const size_t process = profile.threads[thread.index()].process.index();
      // Interpreters have their structures in the order in which they began: the first is the main one.
      if (process < of_process.size() &&
          (of_process[process] == 0 || stretch.object_address < of_process[process]))
        of_process[process] = stretch.object_address;
    }
  }
  for (size_t i = 0; i < of_thread.size(); ++i) {
    const size_t process = profile.threads[i].process.index();
    if (of_thread[i] == 0 && process < of_process.size()) of_thread[i] = of_process[process];
  }
  return of_thread;
}

/// By stack, its innermost Python function, or its leaf.
std::vector<uint32_t> find_functions(const Profile& profile, const FrameFunctions& functions) {
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> python(profile.stacks.size(), kNone);
  std::vector<uint32_t> leaf(profile.stacks.size(), kNone);
  for (uint32_t i = 0; i < python.size(); ++i) {
    const StackId caller = parent_of(profile, StackId{i});
    if (!caller.is_none()) {
      python[i] = python[caller.index()];
      leaf[i] = leaf[caller.index()];
    }
    for (const uint32_t key : functions.frames.at(profile.stacks[i].frame)) {
      leaf[i] = key;
      if (functions.functions[key].language == Language::python) python[i] = key;
    }
  }
  for (size_t i = 0; i < python.size(); ++i) {
    if (python[i] == kNone) python[i] = leaf[i];
  }
  return python;
}

/// One look at a thread: a moment, or all of a stretch.
struct Look {
  uint64_t from = 0;
  uint64_t to = 0;
  ThreadId thread;
  bool holds = false;
};

/// Finds the longest runs of looks at one thread that holds one GIL.
class HoldRuns {
 public:
  explicit HoldRuns(uint64_t longest_gap_ns) : longest_gap_(longest_gap_ns) {}

  /// In order of `from`.
  void see(const Look& look) {
    if (look.holds) {
      const bool goes_on = look.thread == holder_ && look.from <= last_ + longest_gap_;
      if (!goes_on) {
        holder_ = look.thread;
        first_ = look.from;
        last_ = look.from;
      }
      last_ = std::max(last_, look.to);
      uint64_t& longest = longest_[holder_];
      longest = std::max(longest, last_ - first_);
    } else if (look.thread == holder_) {
      holder_ = ThreadId::none();
    }
  }
  [[nodiscard]] double longest_of(ThreadId thread) const {
    const auto found = longest_.find(thread);
    return found == longest_.end() ? 0 : seconds_of(found->second);
  }

 private:
  uint64_t longest_gap_;
  ThreadId holder_;
  uint64_t first_ = 0;
  uint64_t last_ = 0;
  std::map<ThreadId, uint64_t> longest_;
};

using GilKey = std::pair<ProcessId, uint64_t>;

struct GilSums {
  std::map<ThreadId, GilThread> threads;
  std::map<uint32_t, GilFunction> functions;
  std::vector<Look> looks;
  WaitingSum waiting;
  std::string interpreter;
  bool used = false;  ///< somebody held it or waited for it
};

class GilCounter {
 public:
  GilCounter(const Profile& profile, const WeightedStacks& stacks, const SourcePaths& paths)
      : profile_(&profile),
        stacks_(&stacks),
        paths_(&paths),
        timeline_(profile, stacks),
        gil_of_(find_gils_of_threads(profile)),
        function_of_(find_functions(profile, stacks.functions)) {
    find_holders();
  }

  std::map<GilKey, GilSums> count() {
    for_each_shown(*profile_, *stacks_, [&](const TimePiece& piece) { put(piece); });
    for (const SampleRow& sample : profile_->samples)
      look(sample.thread, sample.time_ns, sample.time_ns, sample.python);
    for (size_t i = 0; i < stacks_->weights.stretches.size(); ++i) put_stretch(i);
    return std::move(gils_);
  }

 private:
  GilSums* gil_of(ThreadId thread) {
    if (thread.index() >= gil_of_.size()) return nullptr;
    return &gils_[{profile_->threads[thread.index()].process, gil_of_[thread.index()]}];
  }

  /// The threads that were seen with the GIL that `thread` uses.
  const std::vector<ThreadId>& holders_of(ThreadId thread) {
    return holders_[{profile_->threads[thread.index()].process, gil_of_[thread.index()]}];
  }

  /// Also of threads that are not selected: others wait for them.
  void find_holders() {
    std::vector<bool> holds(profile_->threads.size());
    const auto see = [&](ThreadId thread, PythonState state) {
      if (thread.index() < holds.size() && holds_gil(state)) holds[thread.index()] = true;
    };
    for (const SampleRow& sample : profile_->samples) see(sample.thread, sample.python);
    for (const StretchRow& stretch : profile_->stretches) see(stretch.thread, stretch.python);
    for (uint32_t i = 0; i < holds.size(); ++i) {
      if (holds[i]) holders_[{profile_->threads[i].process, gil_of_[i]}].push_back(ThreadId{i});
    }
  }

  void put(const TimePiece& piece) {
    const bool waits = piece.state == ThreadState::gil;
    if (!waits && !holds_gil(piece.python)) return;
    GilSums& gil = *gil_of(piece.thread);
    gil.used = true;
    GilThread& thread = gil.threads[piece.thread];
    (waits ? thread.waited_seconds : thread.held_seconds) += piece.amount.seconds;
    if (piece.stack.index() >= function_of_.size()) return;
    GilFunction& function = gil.functions[function_of_[piece.stack.index()]];
    (waits ? function.waited_seconds : function.held_seconds) += piece.amount.seconds;
  }

  void look(ThreadId thread, uint64_t from, uint64_t to, PythonState state) {
    if (thread.index() >= stacks_->selected.size() || !stacks_->selected[thread.index()]) return;
    if (state == PythonState::none) return;
    gil_of(thread)->looks.push_back({from, to, thread, holds_gil(state)});
  }

  void put_stretch(size_t index) {
    const StretchRow& stretch = profile_->stretches[index];
    if (stretch.state != ThreadState::gil) {
      look(stretch.thread, stretch.start_ns, stretch.end_ns, stretch.python);
      return;
    }
    if (stacks_->weights.stretches[index].waiting <= 0 || !stacks_->shows(waiting_piece(*profile_, stretch)))
      return;
    GilSums& gil = *gil_of(stretch.thread);
    const auto visit = [&](const WaitSpan& span, const WaitingSum::Use& use) {
      for (const ThreadId thread : holders_of(stretch.thread)) {
        if (thread == stretch.thread) continue;
        timeline_.visit_holding(
            thread, span.from, span.to,
            [&](StackId stack, ThreadState state, double part) { use(thread, stack, state, part); });
      }
    };
    gil.waiting.add(*profile_, *stacks_, *paths_, index, ThreadId::none(), visit);
    if (gil.interpreter.empty()) gil.interpreter = profile_->text(stretch.object);
    // It has the GIL when its wait is over, and nobody else has.
    look(stretch.thread, stretch.start_ns, stretch.start_ns, PythonState::gil_wait);
    look(stretch.thread, stretch.end_ns, stretch.end_ns, PythonState::python);
  }

  const Profile* profile_;
  const WeightedStacks* stacks_;
  const SourcePaths* paths_;
  ThreadTimeline timeline_;
  std::vector<uint64_t> gil_of_;
  std::vector<uint32_t> function_of_;
  std::map<GilKey, std::vector<ThreadId>> holders_;
  std::map<GilKey, GilSums> gils_;
};

InterpreterGil finish(const Profile& profile, const GilKey& key, GilSums sums) {
  InterpreterGil gil{.process = key.first, .address = key.second, .interpreter = std::move(sums.interpreter)};
  gil.waiting = sums.waiting.take();
  std::ranges::stable_sort(sums.looks, {}, &Look::from);
  HoldRuns runs(kAlwaysKeptNs + 2 * profile.info.period_ns);
  for (const Look& look : sums.looks) runs.see(look);
  for (auto& [id, thread] : sums.threads) {
    thread.thread = id;
    thread.longest_hold_seconds = runs.longest_of(id);
    gil.held_seconds += thread.held_seconds;
    gil.longest_hold_seconds = std::max(gil.longest_hold_seconds, thread.longest_hold_seconds);
    gil.threads.push_back(thread);
  }
  for (auto& [id, function] : sums.functions) {
    function.function = id;
    if (id != UINT32_MAX) gil.functions.push_back(function);
  }
  std::ranges::stable_sort(gil.threads, std::ranges::greater{}, &GilThread::held_seconds);
  std::ranges::stable_sort(gil.functions, std::ranges::greater{}, [](const GilFunction& function) {
    return function.held_seconds + function.waited_seconds;
  });
  return gil;
}

}  // namespace

GilView make_gil_view(const Profile& profile, const WeightedStacks& stacks, const SourcePaths& paths) {
  GilView view;
  std::map<GilKey, GilSums> gils = GilCounter(profile, stacks, paths).count();
  for (auto& [key, sums] : gils) {
    if (sums.used) view.gils.push_back(finish(profile, key, std::move(sums)));
  }
  std::ranges::stable_sort(view.gils, std::ranges::greater{},
                           [](const InterpreterGil& gil) { return gil.waiting.seconds; });
  return view;
}

}  // namespace strobe::analyze
