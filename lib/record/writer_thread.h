// The thread that stores: takes deltas from a bounded queue and appends them to the file, so that a slow
// disk never holds up sampling. The queue is bounded by samples: the caller asks has_room() before it hands
// over. After a failed append (disk full) nothing more is stored; what is in the file stays.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "model/recording.h"
#include "store/recording_file.h"

namespace strobe::record {

struct WriterOutcome {
  std::array<uint64_t, kStackClassCount> stored_by_class{};
  uint64_t stored = 0;
  uint64_t lost = 0;  ///< samples in deltas that could not be stored
  uint64_t stored_stretches = 0;
  uint64_t lost_stretches = 0;
  std::optional<Error> error;  ///< the first failure
};

/// Completes `quality`: what was stored, and what could not be.
void add_outcome(const WriterOutcome& outcome, Quality& quality);

/// A copy of the recording as it is when the job's turn comes.
struct SnapshotJob {
  std::string path;        ///< of a file that does not exist yet
  RecordingDelta closing;  ///< what makes the copy a finished recording; its quality without the outcome
  std::function<void(Quality&)> complete;  ///< called with it when the outcome was added
};

class WriterThread {
 public:
  /// `max_bytes` bounds the log beside the file (store::RecordingWriter::bound); 0: as usual.
  WriterThread(store::RecordingWriter writer, uint64_t max_bytes);
  ~WriterThread();

  /// False while the queue is full: the caller keeps its rows and tries again later.
  [[nodiscard]] bool has_room() const;
  void push(RecordingDelta delta);
  /// Bytes in use by the file; none while it has not stored everything that was pushed.
  [[nodiscard]] std::optional<uint64_t> used_bytes() const;
  /// Has the copy made after all that was pushed before, and tells how that went.
  std::future<Result<void>> push_snapshot(SnapshotJob job);
  /// Waits until everything handed over is stored, and tells how that went.
  [[nodiscard]] WriterOutcome drain();
  /// Stores the last delta (its quality tells the outcome of drain) and finishes the file.
  Result<void> finish(const RecordingDelta& last);

 private:
  static constexpr size_t kMaxQueuedSamples = 4'000'000;

  void run();
  struct Work {
    RecordingDelta delta;
    std::optional<SnapshotJob> snapshot;  ///< instead of a delta
    std::promise<Result<void>> snapshot_done;
  };
  std::future<Result<void>> push(Work work);
  void store(const RecordingDelta& delta);
  Result<void> copy(SnapshotJob& job);

  store::RecordingWriter writer_;
  bool bounded_;
  WriterOutcome outcome_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Work> queue_;
  size_t queued_samples_ = 0;  // and stretches
  uint64_t used_bytes_ = 0;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace strobe::record
