// The thread that stores: takes deltas from a bounded queue and appends them to the file, so that a slow
// disk never holds up sampling. The queue is bounded by samples: the caller asks has_room() before it hands
// over. After a failed append (disk full) nothing more is stored; what is in the file stays.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "model/recording.h"
#include "store/recording_file.h"

namespace strobe::record {

struct WriterOutcome {
  std::array<uint64_t, kStackClassCount> stored_by_class{};
  uint64_t stored = 0;
  uint64_t lost = 0;           ///< samples in deltas that could not be stored
  std::optional<Error> error;  ///< the first failure
};

class WriterThread {
 public:
  explicit WriterThread(store::RecordingWriter writer);
  ~WriterThread();

  /// False while the queue is full: the caller keeps its rows and tries again later.
  [[nodiscard]] bool has_room() const;
  void push(RecordingDelta delta);
  /// Waits until everything handed over is stored, and tells how that went.
  [[nodiscard]] WriterOutcome drain();
  /// Stores the last delta (its quality tells the outcome of drain) and finishes the file.
  Result<void> finish(const RecordingDelta& last);

 private:
  static constexpr size_t kMaxQueuedSamples = 4'000'000;

  void run();
  void store(const RecordingDelta& delta);

  store::RecordingWriter writer_;
  WriterOutcome outcome_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<RecordingDelta> queue_;
  size_t queued_samples_ = 0;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace strobe::record
