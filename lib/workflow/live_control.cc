#include "workflow/live_control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/clock.h"
#include "os/own_rights.h"

namespace strobe::workflow {
namespace {

constexpr int kRequestTimeoutMs = 1000;  // of a client that connects and says nothing
constexpr size_t kMaxStoppers = 64;

void raise(const UniqueFd& event) {
  const uint64_t one = 1;
  static_cast<void>(!::write(event.get(), &one, sizeof one));  // an eventfd of ours: cannot be full
}

std::string answer_of(const Error& error) { return "error " + error.what + '\n' + error.hint; }

}  // namespace

LiveControl::LiveControl(const RecordRequest& request, record::Recorder& recorder, Diagnostics& diagnostics)
    : request_(&request),
      recorder_(&recorder),
      diagnostics_(&diagnostics),
      start_ns_(monotonic_now_ns()),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      end_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      snapshots_(recorder, request.output_path, request.symbols, diagnostics) {}

LiveControl::~LiveControl() { end_service(); }

Result<void> LiveControl::open() {
  auto listener = os::ControlListener::open(request_->control_folders);
  if (listener) {
    listener_.emplace(std::move(*listener));
  } else if (request_->engine.start_paused) {
    listener.error().what = "begin paused: nobody could resume it: " + listener.error().what;
    return pass(std::move(listener));
  } else {
    diagnostics_->warn("strobe control will not reach this recording: " + listener.error().what);
  }
  return {};
}

void LiveControl::begin_service() {
  if (listener_) thread_ = std::thread([this] { serve(); });
}

void LiveControl::take_snapshot() {
  if (!request_->on_snapshot) return;
  snapshots_.request_once([this](const Result<SnapshotOutcome>& outcome) {
    // Too late: the report of the whole comes just now.
    if (outcome || outcome.error().code != ErrorCode::gone) request_->on_snapshot(outcome);
  });
}

void LiveControl::serve() {
  os::drop_unneeded_rights();
  while (true) {
    pollfd news[] = {{listener_->fd(), POLLIN, 0}, {end_fd_.get(), POLLIN, 0}};
    static_cast<void>(::poll(news, 2, -1));
    if ((news[1].revents & POLLIN) != 0) return;
    if ((news[0].revents & POLLIN) == 0) continue;
    if (auto connection = listener_->accept()) handle(std::move(*connection));
  }
}

void LiveControl::handle(os::ControlConnection connection) {
  const auto request = connection.receive(kRequestTimeoutMs);
  if (!request) return;
  if (*request == "status") return connection.send(describe());
  if (*request == "pause" || *request == "resume") return connection.send(switch_pause(*request == "pause"));
  if (*request == "snapshot") {
    // std::function wants to be copied.
    const auto client = std::make_shared<os::ControlConnection>(std::move(connection));
    snapshots_.request([client](const Result<SnapshotOutcome>& outcome) {
      client->send(outcome ? "ok " + outcome->path : answer_of(outcome.error()));
    });
    return;
  }
  if (*request == "stop" && stoppers_.size() < kMaxStoppers) {
    stoppers_.push_back(std::move(connection));
    raise(stop_fd_);
    return;
  }
  connection.send("error this Strobe does not know that request\nuse the strobe that started it");
}

std::string LiveControl::switch_pause(bool paused) {
  const auto switched = recorder_->set_paused(paused);
  if (!switched) return answer_of(switched.error());
  return std::string(*switched ? "ok " : "ok already ") + (paused ? "paused" : "recording");
}

std::string LiveControl::describe() const {
  std::string command;
  for (const std::string& word : request_->command) command += (command.empty() ? "" : " ") + word;
  for (const pid_t pid : request_->pids) command += fmt::format("{}{}", command.empty() ? "pid " : " ", pid);
  return fmt::format("ok {}\t{:.1f}\t{}\t{}", recorder_->paused() ? "paused" : "recording",
                     seconds_of(monotonic_now_ns() - start_ns_), request_->output_path, command);
}

void LiveControl::recording_ended() {
  end_service();
  for (const os::ControlConnection& client : stoppers_) client.send("ok stopped: " + request_->output_path);
  stoppers_.clear();
}

void LiveControl::end_service() {
  raise(end_fd_);
  if (thread_.joinable()) thread_.join();
  listener_.reset();
}

}  // namespace strobe::workflow
