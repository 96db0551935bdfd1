#include "analyze/check_code_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analyze/check_limits.h"
#include "analyze/check_totals.h"
#include "analyze/function_matching.h"
#include "analyze/function_table.h"
#include "base/clock.h"

namespace strobe::analyze::check {
namespace {

constexpr size_t kMaxSuggestionsFrom = 2000;

bool matches_module(std::string_view pattern, const std::string& path) {
  return matches_name(pattern, path) || matches_name(pattern, basename_of(path)) ||
         matches_name(pattern, module_stem(path));
}

/// The whole path, or its last parts.
bool matches_path(const std::string& pattern, const std::string& path) {
  if (path.empty()) return false;
  return matches_name(pattern, path) || matches_name("*/" + pattern, path);
}

bool wants_self(MeasureId id) {
  return id == MeasureId::function_self || id == MeasureId::module_self || id == MeasureId::line_self;
}

/// Everything about waiting; time on the CPU is known without.
bool needs_wall(const Measure& measure) {
  switch (measure.word->id) {
    case MeasureId::function_wait:
    case MeasureId::lock_wait:
    case MeasureId::lock_longest:
    case MeasureId::lock_waits:
      return true;
    default:
      return measure.word->aspect.empty() && measure.state != ThreadState::on_cpu;
  }
}

/// By stack: whether a frame of it was chosen (key 0). Parents come before their children.
std::vector<bool> find_stacks(const Profile& profile, const FrameKeys& keys) {
  std::vector<bool> found(profile.stacks.size());
  for (uint32_t i = 0; i < found.size(); ++i) {
    const StackId caller = parent_of(profile, StackId{i});
    bool has = !caller.is_none() && found[caller.index()];
    for (const uint32_t key : keys.at(profile.stacks[i].frame)) has = has || key == 0;
    found[i] = has;
  }
  return found;
}

bool any_of(const std::vector<bool>& chosen) { return std::ranges::find(chosen, true) != chosen.end(); }

/// Of a thread or process.
template <class Row>
double life_of(const Row& row) {
  return seconds_of(row.end_ns - std::min(row.start_ns, row.end_ns));
}

bool is_number(const std::string& pattern, int32_t number) { return pattern == std::to_string(number); }

}  // namespace

CodeFacts::CodeFacts(const Profile& profile)
    : profile_(&profile), stacks_(weigh_stacks(profile, select_all(profile))) {
  sums_ = sum_keys(profile, stacks_.amounts, stacks_.functions.frames, false);
  if (profile.info.wall) waits_.emplace(profile);
}

Measured CodeFacts::measure(const Measure& measure) const {
  if (profile_->counts) {
    return missing_value("a file of cProfile has counts of calls and no samples",
                         "record the program: strobe run -o FILE -- python3 …");
  }
  const std::string_view subject = measure.word->subject;
  if (needs_wall(measure)) return waits_ ? measure_waiting(measure) : without_wall();
  if (subject == "thread" || subject == "process") return measure_threads(measure);
  return measure_code(measure);
}

CodeFacts::Choice CodeFacts::choose(const FrameKeys& keys, const KeyTest& is_chosen) const {
  Choice choice;
  choice.keys.begin = keys.begin;
  choice.keys.sources = keys.sources;
  choice.keys.key_count = 2;
  choice.keys.keys.reserve(keys.keys.size());
  for (size_t i = 0; i < keys.keys.size(); ++i) {
    const bool chosen = is_chosen(keys.keys[i], keys.sources[i]);
    choice.any = choice.any || chosen;
    choice.keys.keys.push_back(chosen ? 0 : 1);
  }
  return choice;
}

CodeFacts::Choice CodeFacts::choose_code(const Measure& measure) const {
  if (measure.word->subject == "line") return choose_line(measure.pattern);
  const std::vector<FunctionIdentity>& functions = stacks_.functions.functions;
  const bool by_module = measure.word->subject == "module";
  std::vector<bool> chosen(functions.size(), false);
  for (size_t i = 0; i < functions.size(); ++i) {
    // Functions without a sample have no CPU time, but may have waited.
    if (sums_.total[i].samples == 0 && !needs_wall(measure)) continue;
    chosen[i] = by_module ? matches_module(measure.pattern, functions[i].module)
                          : matches_name(measure.pattern, functions[i].name);
  }
  Choice choice =
      choose(stacks_.functions.frames, [&](uint32_t key, FrameId /*source*/) { return chosen[key]; });
  choice.any = any_of(chosen);
  if (!by_module) choice.place = largest_place(chosen, wants_self(measure.word->id));
  return choice;
}

/// The definition of the function that has most of it.
Place CodeFacts::largest_place(const std::vector<bool>& chosen, bool self) const {
  const std::vector<Amount>& amounts = self ? sums_.self : sums_.total;
  Place place;
  double most = -1;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i] || amounts[i].seconds <= most) continue;
    most = amounts[i].seconds;
    place = {stacks_.functions.functions[i].file, stacks_.functions.functions[i].line};
  }
  return place;
}

CodeFacts::Choice CodeFacts::choose_line(const std::string& pattern) const {
  const size_t colon = pattern.rfind(':');
  const std::string file = pattern.substr(0, colon);
  uint32_t number = 0;
  const char* end = pattern.data() + pattern.size();
  if (const auto parsed = std::from_chars(pattern.data() + colon + 1, end, number); parsed.ptr != end)
    return {};
  const FrameLines lines = frame_lines(*profile_, stacks_.functions);
  std::vector<bool> chosen(lines.lines.size(), false);
  Place place;
  for (size_t i = 0; i < lines.lines.size(); ++i) {
    chosen[i] = lines.lines[i].line == number && matches_path(file, profile_->text(lines.lines[i].file));
    if (chosen[i]) place = {profile_->text(lines.lines[i].file), number};
  }
  Choice choice = choose(lines.frames, [&](uint32_t key, FrameId /*source*/) { return chosen[key]; });
  choice.place = place;
  return choice;
}

void CodeFacts::add_uncovered(const Measure& measure, Measured& result, bool& any) const {
  if (measure.word->subject != "function") return;
  const StackAmounts& amounts = stacks_.amounts;
  const auto add = [&](const char* name, double seconds, bool is_sampled) {
    if (seconds <= 0 || !matches_name(measure.pattern, name)) return;
    any = true;
    result.value += seconds;
    if (is_sampled) result.sampled += seconds;
  };
  add(kNoStackRow, amounts.no_stack.seconds, true);
  add(kKernelRow, amounts.kernel_seconds, false);
  add(kTooShortRow, amounts.too_short_seconds, false);
}

Measured CodeFacts::measure_code(const Measure& measure) const {
  const Choice choice = choose_code(measure);
  Measured result{.whole = stacks_.attribution.cpu_seconds,
                  .sampled_of = stacks_.attribution.sampled_seconds,
                  .effective_samples = stacks_.attribution.effective_samples,
                  .place = choice.place};
  bool any = choice.any;
  if (any) {
    const KeySums sums = sum_keys(*profile_, stacks_.amounts, choice.keys, false);
    result.value = (wants_self(measure.word->id) ? sums.self : sums.total)[0].seconds;
    result.sampled = result.value;
  }
  add_uncovered(measure, result, any);
  if (any) return result;
  const Measured absent = nameless(measure);
  result.state = absent.state;
  result.reason = absent.reason;
  result.hint = absent.hint;
  return result;
}

Measured CodeFacts::nameless(const Measure& measure) const {
  const std::string_view subject = measure.word->subject;
  Measured result{.state = Measured::State::nameless,
                  .reason = fmt::format("no {} named \"{}\" was seen", subject, measure.pattern)};
  std::vector<std::string> known;
  if (subject == "function") {
    for (size_t i = 0; i < stacks_.functions.functions.size() && known.size() < kMaxSuggestionsFrom; ++i) {
      if (sums_.total[i].samples > 0) known.push_back(stacks_.functions.functions[i].name);
    }
  } else if (subject == "module") {
    for (const ModuleRow& module : profile_->modules)
      known.push_back(basename_of(profile_->text(module.path)));
  } else if (subject == "thread") {
    for (const ThreadRow& thread : profile_->threads) known.push_back(profile_->text(thread.name));
  } else if (subject == "process") {
    for (const ProcessRow& process : profile_->processes) known.push_back(profile_->text(process.command));
  }
  const std::string nearest = nearest_word(measure.pattern, known);
  if (!nearest.empty()) result.hint = fmt::format("did you mean \"{}\"?", nearest);
  return result;
}

Measured CodeFacts::measure_waiting(const Measure& measure) const {
  const std::string_view subject = measure.word->subject;
  if (subject == "lock") return waits_->of_lock(measure.pattern, measure.word->id);
  if (subject != "function") {
    const SelectedThreads threads = choose_threads(measure);
    return any_of(threads) ? waits_->of_threads(threads, measure.state) : nameless(measure);
  }
  const Choice choice = choose_code(measure);
  if (!choice.any) return nameless(measure);
  const bool in_any = measure.word->id == MeasureId::function_wait;
  Measured result = waits_->of_stacks(find_stacks(*profile_, choice.keys),
                                      in_any ? std::nullopt : std::optional(measure.state));
  result.place = choice.place;
  return result;
}

std::vector<bool> CodeFacts::choose_processes(const std::string& pattern) const {
  std::vector<bool> chosen;
  for (const ProcessRow& process : profile_->processes) {
    chosen.push_back(is_number(pattern, process.pid) ||
                     matches_name(pattern, profile_->text(process.command)));
  }
  return chosen;
}

SelectedThreads CodeFacts::choose_threads(const Measure& measure) const {
  const bool by_process = measure.word->subject == "process";
  const std::vector<bool> processes = choose_processes(measure.pattern);
  SelectedThreads chosen;
  for (const ThreadRow& thread : profile_->threads) {
    const size_t process = thread.process.index();
    chosen.push_back(by_process ? process < processes.size() && processes[process]
                                : is_number(measure.pattern, thread.tid) ||
                                      matches_name(measure.pattern, profile_->text(thread.name)));
  }
  return chosen;
}

Measured CodeFacts::measure_threads(const Measure& measure) const {
  Measured result;
  if (measure.word->id == MeasureId::process_life) {
    const std::vector<bool> chosen = choose_processes(measure.pattern);
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i]) result.value += life_of(profile_->processes[i]);
    }
    return any_of(chosen) ? result : nameless(measure);
  }
  const SelectedThreads chosen = choose_threads(measure);
  const bool of_lives = measure.word->aspect.empty();  // a state: parts of lives, as all states are
  for (size_t i = 0; i < chosen.size(); ++i) {
    const double amount = measure.word->id == MeasureId::thread_life
                              ? life_of(profile_->threads[i])
                              : stacks_.attribution.threads[i].cpu_seconds;
    result.whole += of_lives ? life_of(profile_->threads[i]) : amount;
    if (chosen[i]) result.value += amount;
  }
  return any_of(chosen) ? result : nameless(measure);
}

}  // namespace strobe::analyze::check
