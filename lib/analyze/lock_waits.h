// Contended locks: how long threads waited for each, where, and what its owner did meanwhile as far as it is
// known who that was. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analyze/source_paths.h"
#include "analyze/thread_timeline.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

/// Seconds of a thread on a path in a state.
struct PlacedTime {
  ThreadId thread;  ///< none: it is not known who
  uint32_t path = SourcePaths::kEmpty;
  ThreadState state = ThreadState::unknown;  ///< unknown, without a path: nobody looked at the thread then
  double seconds = 0;
};

/// Waiting for one thing: where threads did, and what those did that had it.
struct Waiting {
  double seconds = 0;               ///< without the time ready to run behind it
  double count = 0;                 ///< so many waits, estimated from those kept
  uint64_t kept = 0;                ///< rows behind all of this
  double longest = 0;               ///< of those kept: waits from 10 ms on always are
  double owner_seconds = 0;         ///< of `seconds`, with a known owner
  std::vector<PlacedTime> waiters;  ///< most seconds first
  std::vector<PlacedTime> holders;  ///< the same; their seconds add up to `seconds`
  std::vector<PlacedTime> wakers;   ///< who ended how much of `seconds`, as far as it is known; no paths
};

/// Sums up waits for one thing.
class WaitingSum {
 public:
  /// Calls `use` with what those did who had it in a span of time.
  using Use = std::function<void(ThreadId thread, StackId stack, ThreadState state, double seconds)>;
  using Visit = std::function<void(const WaitSpan& span, const Use& use)>;

  /// `owner`: who had it, where that was seen; none where only `visit` tells.
  void add(const Profile& profile, const WeightedStacks& stacks, const SourcePaths& paths, size_t stretch,
           ThreadId owner, const Visit& visit);
  [[nodiscard]] Waiting take() const;

 private:
  using Key = std::tuple<ThreadId, uint32_t, ThreadState>;
  struct Owned {
    double waited = 0;  ///< for what this thread had
    double seen = 0;    ///< of the owner's time then, an estimate
    std::map<Key, double> pieces;
  };
  Waiting sums_;
  std::map<ThreadId, Owned> owners_;
  std::map<Key, double> waiters_;
  std::map<Key, double> wakers_;
};

struct ContendedLock {
  ProcessId process;
  ThreadState kind = ThreadState::lock;  ///< or cond
  std::string name;                      ///< its symbol or object; empty unknown
  uint64_t address = 0;                  ///< 0 unknown: all such waits of a process are one row
  Waiting waiting;
};

struct LockView {
  std::vector<ContendedLock> locks;  ///< locks before conditions, most seconds first
  double lock_seconds = 0;
  double cond_seconds = 0;
};

/// `stacks` with weights of stretches.
[[nodiscard]] LockView make_lock_view(const Profile& profile, const WeightedStacks& stacks,
                                      const SourcePaths& paths);

}  // namespace strobe::analyze
