#include "report/json_concurrency.h"

#include "analyze/gil_view.h"
#include "analyze/lock_waits.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze;

constexpr ThreadState kOrder[] = {ThreadState::on_cpu, ThreadState::runnable, ThreadState::lock,
                                  ThreadState::cond,   ThreadState::sleep,    ThreadState::io,
                                  ThreadState::disk,   ThreadState::child,    ThreadState::stopped,
                                  ThreadState::gil,    ThreadState::other,    ThreadState::unknown};
static_assert(std::size(kOrder) == kThreadStateCount);

constexpr size_t kMaxWakings = 200;
constexpr size_t kMaxPlaces = 20;  // of waiters and of holders, each; the rest is in `stacks`

class ConcurrencyWriter {
 public:
  ConcurrencyWriter(JsonWriter& json, const Profile& profile, const WeightedStacks& stacks,
                    const FunctionTable& table, const SourcePaths& paths)
      : json_(&json), profile_(&profile), stacks_(&stacks), table_(&table), paths_(&paths) {}

  void write_locks() {
    const LockView view = make_lock_view(*profile_, *stacks_, *paths_);
    json_->key("locks");
    json_->begin_array();
    for (const ContendedLock& lock : view.locks) {
      json_->begin_object();
      json_->member("pid", pid_of(lock.process));
      json_->member("kind", name_of(lock.kind));
      json_->member("name", lock.name);
      json_->member("address", lock.address);
      write_waiting(lock.waiting);
      json_->end_object();
    }
    json_->end_array();
  }

  void write_gils() {
    const GilView view = make_gil_view(*profile_, *stacks_, *paths_);
    json_->key("gil");
    json_->begin_array();
    for (const InterpreterGil& gil : view.gils) {
      json_->begin_object();
      json_->member("pid", pid_of(gil.process));
      json_->member("interpreter", gil.interpreter);
      json_->member("address", gil.address);
      json_->member("held_s", gil.held_seconds);
      json_->member("longest_hold_s", gil.longest_hold_seconds);
      write_waiting(gil.waiting);
      write_gil_threads(gil);
      write_gil_functions(gil);
      json_->end_object();
    }
    json_->end_array();
  }

 private:
  [[nodiscard]] std::optional<int32_t> pid_of(ProcessId process) const {
    if (process.index() >= profile_->processes.size()) return std::nullopt;
    return profile_->processes[process.index()].pid;
  }

  void write_thread(ThreadId thread) {
    const bool known = thread.index() < profile_->threads.size();
    json_->member("thread", known ? std::optional(profile_->threads[thread.index()].tid) : std::nullopt);
    json_->member("name", known ? profile_->text(profile_->threads[thread.index()].name) : std::string());
  }

  void write_waiting(const Waiting& waiting) {
    json_->member("waited_s", waiting.seconds);
    json_->member("waits", waiting.count);
    json_->member("longest_s", waiting.longest);
    json_->member("owner_known_s", waiting.owner_seconds);
    write_places("waiters", waiting.waiters);
    write_places("holders", waiting.holders);
    write_wakers(waiting.wakers);
  }

  void write_wakers(const std::vector<PlacedTime>& wakers) {
    json_->key("wakers");
    json_->begin_array();
    for (size_t i = 0; i < std::min(wakers.size(), kMaxPlaces); ++i) {
      json_->begin_object();
      write_thread(wakers[i].thread);
      json_->member("seconds", wakers[i].seconds);
      json_->end_object();
    }
    json_->end_array();
  }

  void write_places(const char* name, const std::vector<PlacedTime>& places) {
    json_->key(name);
    json_->begin_array();
    for (size_t i = 0; i < std::min(places.size(), kMaxPlaces); ++i) {
      json_->begin_object();
      write_thread(places[i].thread);
      json_->member("state", name_of(places[i].state));
      json_->member("seconds", places[i].seconds);
      json_->key("frames");
      write_json_frames(*json_, *paths_, places[i].path);
      json_->end_object();
    }
    json_->end_array();
  }

  void write_gil_threads(const InterpreterGil& gil) {
    json_->key("threads");
    json_->begin_array();
    for (const GilThread& thread : gil.threads) {
      json_->begin_object();
      write_thread(thread.thread);
      json_->member("held_s", thread.held_seconds);
      json_->member("waited_s", thread.waited_seconds);
      json_->member("longest_hold_s", thread.longest_hold_seconds);
      json_->end_object();
    }
    json_->end_array();
  }

  void write_gil_functions(const InterpreterGil& gil) {
    json_->key("functions");
    json_->begin_array();
    for (const GilFunction& function : gil.functions) {
      const uint32_t row = table_->row_of[function.function];
      if (row == FunctionTable::kNoRow) continue;
      json_->begin_object();
      json_->member("id", row);
      json_->member("held_s", function.held_seconds);
      json_->member("waited_s", function.waited_seconds);
      json_->end_object();
    }
    json_->end_array();
  }

  JsonWriter* json_;
  const Profile* profile_;
  const WeightedStacks* stacks_;
  const FunctionTable* table_;
  const SourcePaths* paths_;
};

void write_wakings(JsonWriter& json, const std::vector<WakingStats>& wakings) {
  json.key("wakings");
  json.begin_array();
  for (size_t i = 0; i < std::min(wakings.size(), kMaxWakings); ++i) {
    const WakingStats& waking = wakings[i];
    json.begin_object();
    json.member("waker", waking.waker_tid);
    json.member("waker_name", waking.waker_name);
    json.member("woken", waking.woken_tid);
    json.member("woken_name", waking.woken_name);
    json.member("state", name_of(waking.state));
    json.member("seconds", waking.seconds);
    json.member("waits", waking.count);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_json_states(JsonWriter& json, const StateSeconds& states, StateList list) {
  json.begin_object();
  for (const ThreadState state : kOrder) {
    const double seconds = seconds_in(states, state);
    if (list == StateList::all || seconds > 0) json.member(name_of(state), seconds);
  }
  json.end_object();
}

void write_json_frames(JsonWriter& json, const SourcePaths& paths, uint32_t path) {
  json.begin_array();
  for (const SourcePaths::Step& step : paths.steps(path)) {
    if (step.function == FunctionTable::kNoRow) continue;  // of a thread that was not selected
    json.begin_object();
    json.member("function", step.function);
    json.member("line", step.line);
    json.end_object();
  }
  json.end_array();
}

void write_json_concurrency(JsonWriter& json, const Profile& profile, const WeightedStacks& stacks,
                            const FunctionTable& table, const SourcePaths& paths, const ThreadTree& tree) {
  json.key("concurrency");
  json.begin_object();
  json.member("parallelism", tree.parallelism.average);
  json.member("runnable_source", profile.info.runnable_source);
  json.member("thread_s", sum_of(tree.states.sum));
  json.key("states");
  write_json_states(json, tree.states.sum, StateList::all);
  json.key("parallelism_slots");
  json.begin_object();
  json.member("slot_s", tree.parallelism.slot_seconds);
  json.key("on_cpu");
  json.begin_array();
  for (const double slot : tree.parallelism.slots) json.value(slot);
  json.end_array();
  json.end_object();
  ConcurrencyWriter writer(json, profile, stacks, table, paths);
  writer.write_locks();
  writer.write_gils();
  write_wakings(json, tree.wakings);
  json.end_object();
}

}  // namespace strobe::report
