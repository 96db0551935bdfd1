// What can be asked of a recording while it runs: by signal (SIGUSR1) and through the control socket, which a
// thread of its own serves. An answer is given when what was asked for is done.
//
// Requests are single words: status, pause, resume, snapshot, stop. Answers are "ok TEXT" or "error WHAT"
// with the hint on a second line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "os/control_socket.h"
#include "record/recorder.h"
#include "workflow/recording_session.h"
#include "workflow/snapshot_taker.h"

namespace strobe::workflow {

class LiveControl {
 public:
  /// All borrowed for the life of this object.
  LiveControl(const RecordRequest& request, record::Recorder& recorder, Diagnostics& diagnostics);
  LiveControl(const LiveControl&) = delete;
  LiveControl& operator=(const LiveControl&) = delete;
  ~LiveControl();

  /// Opens the socket; who connects has to wait for begin_service(). Where that fails the recording can do
  /// without, unless it begins paused: an error then, else a warning.
  Result<void> open();
  void begin_service();
  /// SIGUSR1 came: a snapshot, told to RecordRequest::on_snapshot.
  void take_snapshot();
  /// Readable once somebody asked to end the recording.
  [[nodiscard]] int stop_fd() const { return stop_fd_.get(); }
  /// The recording is closed: those who asked for its end are told. Nothing is served after it.
  void recording_ended();

 private:
  void serve();
  void handle(os::ControlConnection connection);
  [[nodiscard]] std::string switch_pause(bool paused);
  [[nodiscard]] std::string describe() const;
  void end_service();

  const RecordRequest* request_;
  record::Recorder* recorder_;
  Diagnostics* diagnostics_;
  uint64_t start_ns_;
  std::optional<os::ControlListener> listener_;  // serving thread while it runs
  std::vector<os::ControlConnection> stoppers_;  // likewise: who asked for the end and is to be told
  UniqueFd stop_fd_;
  UniqueFd end_fd_;  // readable when serving has to end
  SnapshotTaker snapshots_;
  std::thread thread_;
};

}  // namespace strobe::workflow
