// Where threads are, by their switches: on a CPU or off it, since when, and why. From that come how long each
// thread waited, exactly, and the stretches off the CPU that are kept, each with the number it stands for.
// Which are kept: those of kAlwaysNs and more, and of the shorter ones those that somebody saw (their stack
// was copied as they began, or the thread was looked at while it slept). Of shorter ones each that is kept
// stands for those of its thread and kind until the next one is: so sums over rows are those over all
// stretches, however many could be looked at. A kind is stretches of about the same length.
//
// Pure: events in, rows out; times in, none read. Times never go back, but for what `lost()` and late records
// excuse. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/events.h"
#include "model/quality.h"
#include "model/recording.h"

namespace strobe::record {

/// What somebody saw of a stretch.
struct Sight {
  ThreadState state = ThreadState::unknown;
  std::vector<FrameId> frames;  ///< innermost first
  StackClass stack_class = StackClass::none;
  PythonState python = PythonState::none;
  StringId object;
  uint64_t object_address = 0;
  ThreadId owner;
  bool wants_owner = false;  ///< a lock that has one, who was not known as the stack was copied
};

/// A stretch that is over and kept.
struct KeptStretch {
  ThreadId thread;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  bool ready = false;  ///< it could run all the time: forced off the CPU, or just born
  uint32_t weight = 1;
  uint64_t runnable_ns = 0;
  bool woken = false;  ///< it is known when it became ready to run: runnable_ns is exact
  ThreadId waker;      ///< by whom; none: by no thread of the recording, or not known
  std::optional<Sight> sight;
  [[nodiscard]] uint64_t length_ns() const { return end_ns - start_ns; }
};

/// What a thread did since it was last reported.
struct ThreadWaits {
  ThreadId thread;
  uint64_t waited_ns = 0;
  uint64_t runnable_ns = 0;
  uint64_t voluntary = 0;
  uint64_t forced = 0;
};

class StretchTracker {
 public:
  static constexpr uint64_t kAlwaysNs = 10'000'000;

  enum class Place : uint8_t {
    on_cpu,
    waits,
    ready,    ///< off the CPU, and could run
    unknown,  ///< its next switch will tell
  };
  /// How stretches are seen: `sampled`, by the stacks of a share of the switches, whatever their length; or
  /// looked at while they last, which long ones are more likely to be.
  enum class Seeing : uint8_t { sampled, looked_at };

  explicit StretchTracker(Seeing seeing) : seeing_(seeing) {}

  struct Who {
    ThreadId thread;
    pid_t pid = 0;
    pid_t tid = 0;
  };
  /// A thread that is new, or its tid another one's from now on.
  void began(const Who& who, uint64_t time_ns, Place place);
  void ended(pid_t tid, uint64_t time_ns);
  [[nodiscard]] bool knows(pid_t tid) const { return threads_.contains(tid); }
  /// Of a known thread.
  void switched(const SwitchEvent& event);
  /// It was made ready to run, by that thread or none of the recording's.
  void woke(pid_t tid, uint64_t time_ns, ThreadId waker);
  /// Its stack was copied: where the stretch that begins next waits.
  void sampled(pid_t tid, Sight sight);
  /// It stood still, off the CPU, at that moment, which may be ahead of the switches that came so far.
  void looked_at(pid_t tid, uint64_t time_ns, Sight sight);
  /// Somebody looked in vain.
  void not_seen(pid_t tid);
  /// Switches up to this moment may be missing.
  void lost(uint64_t time_ns);
  /// From `pause` to `resume` nothing is recorded.
  void pause(uint64_t time_ns);
  void resume(uint64_t time_ns);
  /// How long the thread has waited for a CPU since it was born, as the scheduler counts it.
  void observe_run_delay(pid_t tid, uint64_t total_ns);

  /// Threads, at most `most`, of stretches that still go on, began before `before_ns` and were not seen yet,
  /// or began before `ownerless_ns` and wait for a lock whose owner is not known; each is named once.
  void take_unseen(uint64_t before_ns, uint64_t ownerless_ns, size_t most, std::vector<Who>& out);
  /// A thread that left a CPU lately, by chance; where it is now nobody knows. None where there is none.
  [[nodiscard]] std::optional<Who> pick_recent(uint64_t random) const;
  /// Whether stretches wait to be looked at when they are old enough.
  [[nodiscard]] bool has_unseen() const { return !unseen_.empty() || !ownerless_.empty(); }
  /// Threads, at most `most`, that left a CPU since their run delay was last asked for; each is named once.
  [[nodiscard]] std::vector<Who> take_delayed(size_t most);

  /// Counts stretches that still go on up to this moment, and gives out what is held back.
  void settle(uint64_t time_ns);
  /// The same for good: they end then.
  void close(uint64_t time_ns);
  /// Appends what is over since the last call.
  void take(std::vector<KeptStretch>& stretches, std::vector<ThreadWaits>& waits);

  /// `kept` is the caller's to count.
  [[nodiscard]] const OffCpuCounts& counts() const { return counts_; }

 private:
  /// Short stretches of about the same length.
  struct Kind {
    uint8_t number = 0;
    uint64_t count = 0;  // since `held` began to stand for them, itself included
    uint64_t time_ns = 0;
    std::optional<KeptStretch> held;  // the last one that was seen
    KeptStretch typical;              // the one nearest to the mean, where none was
  };
  struct Thread {
    Who who;
    Place place = Place::unknown;
    uint64_t since_ns = 0;
    uint64_t counted_ns = 0;  // its stretch is in `waits` up to here
    uint64_t gap = 0;         // of gaps_, when its last event came
    bool seen = false;        // nobody needs to look (again)
    bool bound = false;       // `sight` is of the stretch that goes on, or begins next
    std::optional<Sight> sight;
    uint64_t sight_ns = 0;
    uint64_t woken_at_ns = 0;  // the last time
    ThreadId waker;
    ThreadId owner;  // by a look at `owner_ns`, where the stack is one that was copied
    uint64_t owner_ns = 0;
    ThreadWaits waits;
    bool changed = false;  // in changed_
    // The delay from being woken to running, by the scheduler's sum.
    bool delayed = false;  // in delayed_
    std::optional<uint64_t> run_delay_ns;
    uint64_t ready_ns = 0;  // known as ready to run, since run_delay_ns was asked for
    uint64_t woken = 0;     // stretches that ended by being woken at an unknown moment, likewise
    uint64_t woken_ns = 0;
    uint64_t wake_delay_ns = 0;  // on average
    std::vector<Kind> kinds;
  };
  struct Unseen {
    uint64_t since_ns = 0;
    pid_t tid = 0;
  };

  void cross_gap(Thread& thread);
  void leave(Thread& thread, uint64_t time_ns, bool ready);
  void take_from(std::deque<Unseen>& queue, uint64_t before_ns, size_t most, std::vector<Who>& out);
  /// Ends the stretch that goes on, if any.
  void finish(Thread& thread, uint64_t time_ns, bool whole);
  static void take_wake(Thread& thread, KeptStretch& stretch);
  void keep(Thread& thread, KeptStretch stretch);
  void keep_short(Thread& thread, KeptStretch stretch);
  void push(KeptStretch stretch);
  void give_out(const Thread& thread, Kind& kind);
  void merge_unseen(Thread& thread) const;
  void give_out_all(Thread& thread);
  void count_up_to(Thread& thread, uint64_t time_ns);
  void mark_changed(Thread& thread);
  [[nodiscard]] bool is_off(const Thread& thread) const;
  [[nodiscard]] uint8_t kind_of(const KeptStretch& stretch) const;

  Seeing seeing_;
  std::unordered_map<pid_t, Thread> threads_;  // by tid
  std::deque<Unseen> unseen_;                  // in order of time
  std::deque<Unseen> ownerless_;               // likewise
  std::vector<pid_t> delayed_;
  std::vector<pid_t> changed_;
  std::vector<KeptStretch> over_;
  std::vector<ThreadWaits> ended_;                       // of threads that are gone
  std::unordered_map<uint32_t, uint64_t> ended_delays_;  // by thread: its wake delay
  bool paused_ = false;
  uint64_t gaps_ = 0;
  uint64_t gap_ns_ = 0;
  OffCpuCounts counts_;
};

}  // namespace strobe::record
