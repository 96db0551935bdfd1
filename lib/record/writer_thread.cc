#include "record/writer_thread.h"

#include <utility>

#include "os/own_rights.h"

namespace strobe::record {

void add_outcome(const WriterOutcome& outcome, Quality& quality) {
  quality.samples.stored = outcome.stored;
  quality.samples.lost_queue += outcome.lost;
  quality.offcpu.kept = outcome.stored_stretches;
  quality.offcpu.lost += outcome.lost_stretches;
  quality.stacks.by_class = outcome.stored_by_class;
  if (outcome.error) {
    quality.warnings.push_back("The recording could not be stored to its end: " + outcome.error->what + ". " +
                               std::to_string(outcome.lost) + " samples are missing.");
  }
}

WriterThread::WriterThread(store::RecordingWriter writer, uint64_t max_bytes)
    : writer_(std::move(writer)), bounded_(max_bytes != 0), thread_([this, max_bytes] {
        if (max_bytes != 0) static_cast<void>(writer_.bound(max_bytes));
        run();
      }) {}

WriterThread::~WriterThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool WriterThread::has_room() const {
  const std::lock_guard lock(mutex_);
  return queued_samples_ < kMaxQueuedSamples;
}

std::optional<uint64_t> WriterThread::used_bytes() const {
  const std::lock_guard lock(mutex_);
  if (!queue_.empty() || busy_) return std::nullopt;
  return used_bytes_;
}

void WriterThread::push(RecordingDelta delta) { static_cast<void>(push(Work{std::move(delta), {}, {}})); }

std::future<Result<void>> WriterThread::push_snapshot(SnapshotJob job) {
  return push(Work{{}, std::move(job), {}});
}

std::future<Result<void>> WriterThread::push(Work work) {
  auto done = work.snapshot_done.get_future();
  {
    const std::lock_guard lock(mutex_);
    queued_samples_ += work.delta.samples.size() + work.delta.stretches.size();
    queue_.push_back(std::move(work));
  }
  changed_.notify_all();
  return done;
}

void WriterThread::run() {
  os::drop_unneeded_rights();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    queued_samples_ -= work.delta.samples.size() + work.delta.stretches.size();
    busy_ = true;
    lock.unlock();
    if (work.snapshot) {
      work.snapshot_done.set_value(copy(*work.snapshot));
    } else {
      store(work.delta);
    }
    const uint64_t used_bytes = bounded_ ? writer_.used_bytes().value_or(0) : 0;
    lock.lock();
    used_bytes_ = used_bytes;
    busy_ = false;
    changed_.notify_all();
  }
}

void WriterThread::store(const RecordingDelta& delta) {
  if (!outcome_.error) {
    if (auto done = writer_.append(delta); !done) outcome_.error = std::move(done).error();
  }
  if (outcome_.error) {
    outcome_.lost += delta.samples.size();
    outcome_.lost_stretches += delta.stretches.size();
    return;
  }
  outcome_.stored += delta.samples.size();
  outcome_.stored_stretches += delta.stretches.size();
  for (const SampleRow& row : delta.samples) ++outcome_.stored_by_class[static_cast<size_t>(row.stack_class)];
}

Result<void> WriterThread::copy(SnapshotJob& job) {
  add_outcome(outcome_, *job.closing.quality);
  if (job.complete) job.complete(*job.closing.quality);
  return writer_.write_copy(job.path, job.closing);
}

WriterOutcome WriterThread::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
  return outcome_;
}

Result<void> WriterThread::finish(const RecordingDelta& last) {
  static_cast<void>(drain());
  // After a failure only the sums are worth another try: they overwrite what is there.
  auto stored = writer_.append(last);
  auto finished = writer_.finish();
  if (!stored) return stored;
  return finished;
}

}  // namespace strobe::record
