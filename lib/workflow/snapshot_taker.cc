#include "workflow/snapshot_taker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "os/own_rights.h"

namespace strobe::workflow {
namespace {

constexpr int kMaxNumber = 100'000;
constexpr std::string_view kSuffix = ".strobe";

Result<SnapshotOutcome> fail_ended() {
  return fail(ErrorCode::gone, "the recording has ended", "read it with: strobe report");
}

}  // namespace

std::string snapshot_path(const std::string& recording_path, int number) {
  const bool usual = recording_path.size() > kSuffix.size() && recording_path.ends_with(kSuffix);
  const std::string stem =
      usual ? recording_path.substr(0, recording_path.size() - kSuffix.size()) : recording_path;
  return fmt::format("{}-snapshot-{}{}", stem, number, kSuffix);
}

SnapshotTaker::SnapshotTaker(record::Recorder& recorder, std::string recording_path,
                             symbolize::SymbolizeOptions symbols, Diagnostics& diagnostics)
    : recorder_(&recorder),
      recording_path_(std::move(recording_path)),
      symbols_(std::move(symbols)),
      diagnostics_(&diagnostics),
      thread_([this] { run(); }) {}

SnapshotTaker::~SnapshotTaker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SnapshotTaker::request(Done done) { enqueue({std::move(done), false}); }

void SnapshotTaker::request_once(Done done) { enqueue({std::move(done), true}); }

void SnapshotTaker::enqueue(Request request) {
  std::optional<Request> refused;
  {
    const std::lock_guard lock(mutex_);
    const bool waits =
        std::any_of(waiting_.begin(), waiting_.end(), [](const Request& other) { return other.once; });
    if (request.once && waits) return;
    if (waiting_.size() >= kMaxWaiting) {
      refused = std::move(request);
    } else {
      waiting_.push_back(std::move(request));
    }
  }
  changed_.notify_all();
  if (!refused) return;
  refused->done(fail(ErrorCode::no_resources, "too many snapshots wait already", "try again later"));
}

void SnapshotTaker::run() {
  os::drop_unneeded_rights();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    const bool ended = stop_;
    lock.unlock();
    request.done(ended ? fail_ended() : take());
    lock.lock();
  }
}

Result<SnapshotOutcome> SnapshotTaker::take() {
  SnapshotOutcome outcome;
  while (true) {
    outcome.path = snapshot_path(recording_path_, next_number_);
    if (::access(outcome.path.c_str(), F_OK) == 0 && next_number_ < kMaxNumber) {
      ++next_number_;  // of another recording by that name
      continue;
    }
    break;
  }
  if (auto written = recorder_->write_snapshot(outcome.path); !written) return pass(std::move(written));
  ++next_number_;
  auto profile = complete(outcome.path, symbols_, *diagnostics_);
  if (!profile) return pass(std::move(profile));
  outcome.profile = std::move(*profile);
  return outcome;
}

}  // namespace strobe::workflow
