#include "sampling/perf/running_readers.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "os/thread_place.h"

namespace strobe::sampling {
namespace {

// What a thread does later than this after its sample has little to do with it.
constexpr uint64_t kFreshNs = 500'000;
constexpr size_t kSeenCodes = 16384;

void signal(const UniqueFd& event) {
  const uint64_t one = 1;
  static_cast<void>(!::write(event.get(), &one, sizeof one));  // full is as good as told
}

}  // namespace

class RunningReaders::Thread {
 public:
  Thread(RunningReaders& readers, const WakingRing& ring)
      : readers_(&readers),
        ring_(ring),
        reader_(ring.ring->data()),
        stop_(::eventfd(0, EFD_CLOEXEC)),
        thread_([this] { run(); }) {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    signal(stop_);
    thread_.join();
  }

 private:
  void run() {
    os::stay_on_cpu(ring_.cpu);
    os::ask_for_short_turns();
    while (true) {
      pollfd news[] = {{ring_.owner, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      static_cast<void>(::poll(news, 2, -1));
      if (news[1].revents != 0) return;
      look();
    }
  }

  /// At what came since the last time; the engine reads the same records later.
  void look() {
    const uint64_t head = ring_.ring->read_head();
    const uint64_t tail = ring_.ring->read_tail();
    if (reader_.position() < tail) reader_.skip_to(head);  // came too late for them
    reader_.extend_to(head);
    for (Bytes bytes = reader_.front(); !bytes.empty(); reader_.pop(), bytes = reader_.front()) {
      const auto time_ns = decode_record_time(bytes);
      if (!time_ns || *time_ns + kFreshNs < monotonic_now_ns()) continue;
      const auto record = decode_record(bytes, readers_->layout_);
      if (!record) continue;
      const auto* found = std::get_if<SampleRecord>(&*record);
      if (found != nullptr && readers_->is_watched(found->sample.pid)) read(found->sample);
    }
    if (head - tail > ring_.ring->data().size() / 4) readers_->tell();
  }

  void read(const RawSample& sample) {
    RunningRead read{.pid = sample.pid, .tid = sample.tid, .time_ns = sample.time_ns, .capture = {}};
    if (readers_->reader_->read_frames({.pid = sample.pid, .tid = sample.tid}, read.capture)) {
      readers_->hand_in(std::move(read));
    }
  }

  RunningReaders* readers_;
  WakingRing ring_;
  RingReader reader_;
  UniqueFd stop_;
  std::thread thread_;  // the last: it uses the others
};

RunningReaders::RunningReaders(PythonFrameReader& reader, const RecordLayout& layout)
    : reader_(&reader), layout_(layout), news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), seen_(kSeenCodes) {}

RunningReaders::~RunningReaders() = default;

void RunningReaders::watch(pid_t pid) {
  const std::lock_guard lock(mutex_);
  pids_.insert(pid);
}

void RunningReaders::forget(pid_t pid) {
  const std::lock_guard lock(mutex_);
  pids_.erase(pid);
}

bool RunningReaders::is_watched(pid_t pid) {
  const std::lock_guard lock(mutex_);
  return pids_.contains(pid);
}

void RunningReaders::start(size_t index, const WakingRing& ring) {
  if (threads_.size() <= index) threads_.resize(index + 1);
  if (!threads_[index]) threads_[index] = std::make_unique<Thread>(*this, ring);
}

void RunningReaders::stop(size_t index) {
  if (index < threads_.size()) threads_[index].reset();
}

bool RunningReaders::has_new_code(const PythonCapture& capture) {
  bool any = false;
  for (const RawPythonFrame& frame : capture.frames) {
    const uint64_t mark = frame.identity ^ frame.code;
    uint64_t& seen = seen_[(frame.code >> 5 ^ frame.code >> 19) % kSeenCodes];
    any = any || seen != mark;
    seen = mark;
  }
  return any;
}

void RunningReaders::hand_in(RunningRead read) {
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    news = has_new_code(read.capture);
    reads_.push_back(std::move(read));
  }
  if (news) tell();
}

void RunningReaders::tell() const { signal(news_); }

std::vector<RunningRead> RunningReaders::take() {
  uint64_t count = 0;
  static_cast<void>(!::read(news_.get(), &count, sizeof count));
  std::vector<RunningRead> reads;
  {
    const std::lock_guard lock(mutex_);
    reads.swap(reads_);
  }
  std::ranges::stable_sort(reads, {}, &RunningRead::time_ns);
  return reads;
}

}  // namespace strobe::sampling
