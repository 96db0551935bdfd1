// Connects the parts of a recording: the sampling thread (engine, sink) and the writer thread. The only
// place that makes threads while recording.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "base/diagnostics.h"
#include "base/unique_fd.h"
#include "model/recording.h"
#include "record/sample_sink.h"
#include "record/writer_thread.h"
#include "sampling/engine.h"

namespace strobe::record {

struct RecorderOptions {
  sampling::EngineOptions engine;
  sampling::EngineTarget target;
  RecordingInfo info;  ///< start times and what is known beforehand
  bool redact_arguments = false;
};

class Recorder {
 public:
  Recorder(RecorderOptions options, store::RecordingWriter writer, Diagnostics& diagnostics);
  ~Recorder();  ///< ends sampling; without finish() the recording is left open

  /// Begins sampling and returns when it has begun: a launched child may run then.
  Result<void> start();
  /// Readable once sampling has ended by itself, because all targets are gone or the engine failed.
  [[nodiscard]] int ended_fd() const { return ended_fd_.get(); }
  /// Ends sampling (the targets go on) and waits until everything has been taken in.
  void stop();
  /// After stop(): stores the last rows, the quality and the program's exit status, and closes the file.
  /// Returns the number of stored samples.
  Result<uint64_t> finish(std::optional<int32_t> exit_status);

 private:
  void run(std::promise<Result<void>> started);
  /// Waits until the engine has news, stop() was called, or some milliseconds have passed.
  void wait_for_news() const;
  void hand_over();
  void store_first_delta();
  [[nodiscard]] Quality assess(const WriterOutcome& written);

  RecorderOptions options_;
  Diagnostics* diagnostics_;  // borrowed
  WriterThread writer_;
  SampleSink sink_;                           // sampling thread while it runs
  std::unique_ptr<sampling::Engine> engine_;  // likewise
  std::optional<Error> failure_;              // likewise
  uint64_t cpu_at_start_ns_ = 0;
  uint64_t end_ns_ = 0;
  UniqueFd ended_fd_;
  std::atomic<bool> stop_{false};  // set by stop(), read by run(); ordering given by join
  UniqueFd stop_fd_;               // readable then
  std::thread thread_;
};

}  // namespace strobe::record
