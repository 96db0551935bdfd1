#include "sampling/ptrace/ptrace_engine.h"

#include <poll.h>
#include <sys/prctl.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "os/own_rights.h"
#include "os/procfs.h"
#include "sampling/ptrace/event_queue.h"
#include "sampling/ptrace/tracer.h"

namespace strobe::sampling {
namespace {

class PtraceEngine final : public Engine {
 public:
  explicit PtraceEngine(const EngineOptions& options) : options_(options) {}
  ~PtraceEngine() override { end_tracing(); }

  Result<void> start(const EngineTarget& target, EventSink& sink) override;
  Result<void> poll(EventSink& sink, int timeout_ms) override;
  Result<void> pause(EventSink& sink) override { return ask(Request::pause, sink); }
  Result<void> resume(EventSink& sink) override { return ask(Request::resume, sink); }
  Result<void> report_cpu(EventSink& sink) override { return ask(Request::report_cpu, sink); }
  Result<void> finish(EventSink& sink) override;
  [[nodiscard]] int wake_fd() const override { return queue_.wake_fd(); }
  [[nodiscard]] bool targets_gone() const override { return gone_.load(); }
  [[nodiscard]] bool is_in_haste() const override { return false; }
  void describe(Quality& quality) const override;
  [[nodiscard]] bool reports_switches() const override { return false; }
  [[nodiscard]] bool samples_switches() const override { return false; }
  [[nodiscard]] bool reports_wakes() const override { return false; }
  [[nodiscard]] bool pooled_sampling() const override { return false; }
  [[nodiscard]] PythonReading python_reading() const override { return PythonReading::stopped; }
  void expect_python() override {}
  void watch_python(const PythonTarget&) override {}  // the reader is asked at every stop

 private:
  enum class Request : uint8_t { none, pause, resume, report_cpu };

  void trace(const EngineTarget& target, std::promise<Result<void>> started);
  static void handle(Request request, Tracer& tracer);
  Result<void> ask(Request request, EventSink& sink);
  void end_tracing();

  EngineOptions options_;
  EventQueue queue_;
  TracerCounts counts_;                    // written at the tracer thread's end; read after joining it
  std::atomic<bool> stop_{false};          // set by end_tracing, read by trace
  std::atomic<bool> gone_{false};          // set by trace after its last event was queued
  std::mutex request_mutex_;               // guards the three below
  Request request_ = Request::none;        // set by ask, taken by trace
  std::condition_variable request_taken_;  // by trace, or there is nobody left to take it
  bool tracing_ = false;                   // set and cleared by trace
  std::thread tracer_thread_;
};

Result<void> PtraceEngine::start(const EngineTarget& target, EventSink& sink) {
  if (target.pids.empty()) return fail(ErrorCode::invalid_argument, "no process to record");
  if (!target.launched) {
    for (const pid_t pid : target.pids) {
      if (auto checked = os::check_target(pid); !checked && target.pids.size() == 1) return checked;
    }
  }
  std::promise<Result<void>> started;
  auto begun = started.get_future();
  tracer_thread_ = std::thread(
      [this, target, promise = std::move(started)]() mutable { trace(target, std::move(promise)); });
  auto result = begun.get();
  if (!result) {
    end_tracing();
    return result;
  }
  queue_.deliver(sink);
  return result;
}

void PtraceEngine::trace(const EngineTarget& target, std::promise<Result<void>> started) {
  sigset_t news;
  ::sigemptyset(&news);
  ::sigaddset(&news, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &news, nullptr);  // to be taken by sigtimedwait
  ::prctl(PR_SET_TIMERSLACK, 5'000ul);  // of this thread; the usual 50 µs is a share of a 10 kHz period
  Tracer tracer(options_, &queue_);
  auto begun = tracer.start(target);
  const bool ok = begun.has_value();
  os::drop_unneeded_rights();
  {
    const std::lock_guard lock(request_mutex_);
    tracing_ = ok;
  }
  started.set_value(std::move(begun));
  while (ok && !stop_.load() && !tracer.targets_gone()) {
    tracer.run_once();
    const std::lock_guard lock(request_mutex_);
    if (request_ == Request::none) continue;
    handle(std::exchange(request_, Request::none), tracer);
    request_taken_.notify_all();
  }
  tracer.report_cpu();
  {
    const std::lock_guard lock(request_mutex_);
    tracing_ = false;
    request_taken_.notify_all();
  }
  counts_ = tracer.counts();
  if (ok && tracer.targets_gone()) gone_.store(true);
  // This thread's end detaches what is still traced, without stopping it.
}

void PtraceEngine::handle(Request request, Tracer& tracer) {
  switch (request) {
    case Request::pause:
      return tracer.pause();
    case Request::resume:
      return tracer.resume();
    case Request::report_cpu:
      return tracer.report_cpu();
    case Request::none:
      return;
  }
}

/// The tracer looks at least every 20 ms; where it has ended there is nothing left to do.
Result<void> PtraceEngine::ask(Request request, EventSink& sink) {
  {
    std::unique_lock lock(request_mutex_);
    if (tracing_) request_ = request;
    request_taken_.wait(lock, [this] { return request_ == Request::none || !tracing_; });
  }
  queue_.deliver(sink);
  return {};
}

void PtraceEngine::end_tracing() {
  stop_.store(true);
  if (tracer_thread_.joinable()) tracer_thread_.join();
}

Result<void> PtraceEngine::poll(EventSink& sink, int timeout_ms) {
  pollfd news{.fd = queue_.wake_fd(), .events = POLLIN, .revents = 0};
  if (!gone_.load()) ::poll(&news, 1, timeout_ms);  // a signal only makes this round shorter
  queue_.deliver(sink);
  return {};
}

Result<void> PtraceEngine::finish(EventSink& sink) {
  end_tracing();
  queue_.deliver(sink);
  return {};
}

void PtraceEngine::describe(Quality& quality) const {
  quality.engine = "ptrace";
  if (quality.engine_note.empty()) {
    quality.engine_note = "threads are stopped for a moment to be sampled, kernel time is not sampled";
  }
  quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(options_.period_ns);
  quality.kernel_sampled = false;
  quality.samples.taken = queue_.delivered_samples();
  quality.samples.lost_kernel = queue_.dropped_samples();
  if (tracer_thread_.joinable()) return;  // the rest is known when tracing has ended
  quality.samples.throttled = counts_.missed_periods;
  quality.overhead.stops = counts_.stops;
  quality.overhead.target_stopped_ns = counts_.stopped_ns;
  quality.overhead.longest_stop_ns = counts_.longest_stop_ns;
  if (counts_.interrupted_calls != 0) {
    quality.warnings.push_back(std::to_string(counts_.interrupted_calls) +
                               " system calls of the program were interrupted (EINTR) by sampling.");
  }
}

}  // namespace

Result<std::unique_ptr<Engine>> make_ptrace_engine(const EngineOptions& options, const EngineTarget& target) {
  if (target.pids.empty()) return fail(ErrorCode::invalid_argument, "no process to record");
  return std::unique_ptr<Engine>(std::make_unique<PtraceEngine>(options));
}

}  // namespace strobe::sampling
