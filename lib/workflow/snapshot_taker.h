// Makes snapshots of a running recording on a thread of its own, one after the other: copies what is stored,
// finds the names, and tells who asked. Recording goes on undisturbed; only the copying takes the writer's
// time, and names are looked up with what CPU time the machine has left.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/diagnostics.h"
#include "base/result.h"
#include "record/recorder.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {

class SnapshotTaker {
 public:
  /// Called on the taker's thread.
  using Done = std::function<void(const Result<SnapshotOutcome>&)>;

  /// `recorder` and `diagnostics` are borrowed for the life of this object.
  SnapshotTaker(record::Recorder& recorder, std::string recording_path, symbolize::SymbolizeOptions symbols,
                Diagnostics& diagnostics);
  SnapshotTaker(const SnapshotTaker&) = delete;
  SnapshotTaker& operator=(const SnapshotTaker&) = delete;
  /// Finishes the one that is being made; those that wait fail.
  ~SnapshotTaker();

  /// Any thread. Too many at once fail at once.
  void request(Done done);
  /// Any thread. The same, but for nothing where one that was asked for in this way waits already: it will
  /// show all that this one would.
  void request_once(Done done);

 private:
  struct Request {
    Done done;
    bool once = false;
  };
  static constexpr size_t kMaxWaiting = 32;

  void enqueue(Request request);
  void run();
  Result<SnapshotOutcome> take();

  record::Recorder* recorder_;
  std::string recording_path_;
  symbolize::SymbolizeOptions symbols_;
  Diagnostics* diagnostics_;
  int next_number_ = 1;  // taker's thread
  std::mutex mutex_;     // guards the two below
  std::deque<Request> waiting_;
  bool stop_ = false;
  std::condition_variable changed_;
  std::thread thread_;  // last: starts when all else is there
};

/// "app.strobe" and 2 give "app-snapshot-2.strobe". Pure.
[[nodiscard]] std::string snapshot_path(const std::string& recording_path, int number);

}  // namespace strobe::workflow
