// Connects the parts of a recording: the sampling thread (engine, sink) and the writer thread. The only
// place that makes threads while recording.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/unique_fd.h"
#include "model/recording.h"
#include "record/bounded_history.h"
#include "record/errand_queue.h"
#include "record/sample_sink.h"
#include "record/writer_thread.h"
#include "sampling/engine.h"

namespace strobe::record {

struct RecorderOptions {
  sampling::EngineOptions engine;
  sampling::EngineTarget target;
  RecordingInfo info;  ///< start times and what is known beforehand
  bool redact_arguments = false;
  RecordingBounds bounds;
  std::string memory_folder;  ///< where agents put their rings (heap::Session); empty: there are none
};

class Recorder {
 public:
  Recorder(RecorderOptions options, store::RecordingWriter writer, Diagnostics& diagnostics);
  ~Recorder();  ///< ends sampling; without finish() the recording is left open

  /// Begins sampling and returns when it has begun: a launched child may run then.
  Result<void> start();
  /// Readable once sampling has ended by itself, because all targets are gone or the engine failed.
  [[nodiscard]] int ended_fd() const { return ended_fd_.get(); }
  /// The three below may be called by any thread between start() and the end of the recording, and return
  /// when it is done; error `gone` where the recording has ended.
  /// Pauses or goes on (sampling::Engine::pause); false where that is so already.
  Result<bool> set_paused(bool paused);
  /// Makes a recording of what has been recorded so far at `path`, which must not exist. Sampling goes on.
  Result<void> write_snapshot(const std::string& path);
  [[nodiscard]] bool paused() const { return paused_.load(); }

  /// Ends sampling (the targets go on) and waits until everything has been taken in.
  void stop();
  /// After stop(): stores the last rows, the quality and the program's exit status, and closes the file.
  /// Returns the number of stored samples.
  Result<uint64_t> finish(std::optional<int32_t> exit_status);

 private:
  void run(std::promise<Result<void>> started);
  /// Waits until the engine has news, stop() was called, or some milliseconds have passed.
  void wait_for_news() const;
  /// Tells the engine which processes run Python.
  void follow_python();
  void hand_over();
  Result<void> hand_over_bounded();
  void store_first_delta();
  /// What is known of the engine from the start on, for a recording that is never finished (Strobe killed).
  void store_engine_facts();
  Result<bool> switch_pause(bool paused);
  Result<SnapshotJob> prepare_snapshot(const std::string& path);
  /// Ends a stretch that was paused up to now.
  void count_pause();
  /// After the last event, when all threads have their ends.
  void settle_waits();
  /// Everything but what the writer knows: add_outcome().
  [[nodiscard]] Quality assess();
  [[nodiscard]] RecordingInfo describe(uint64_t end_ns);

  RecorderOptions options_;
  Diagnostics* diagnostics_;  // borrowed
  WriterThread writer_;
  SampleSink sink_;                           // sampling thread while it runs
  std::unique_ptr<sampling::Engine> engine_;  // likewise
  std::optional<Error> failure_;              // likewise
  uint64_t cpu_at_start_ns_ = 0;
  uint64_t end_ns_ = 0;
  uint64_t unfit_threads_ = 0;                              // by settle_waits()
  BoundedHistory history_;                                  // likewise
  PauseCounts pauses_;                                      // sampling thread
  std::vector<std::pair<uint64_t, uint64_t>> pause_times_;  // likewise; relative to the start
  uint64_t paused_since_ns_ = 0;                            // likewise
  std::atomic<bool> paused_{false};  // written by the sampling thread, read by paused()
  ErrandQueue errands_;
  UniqueFd ended_fd_;
  std::atomic<bool> stop_{false};  // set by stop(), read by run(); ordering given by join
  std::thread thread_;
};

}  // namespace strobe::record
