#include "record/recorder.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "os/own_rights.h"

namespace strobe::record {
namespace {

constexpr int kPollTimeoutMs = 20;
constexpr int kLivePollTimeoutMs = 1;                  // some 5 us of CPU a time
constexpr int kNamePollTimeoutMs = 4;                  // code objects may go soon
constexpr uint64_t kFrontNs = 3'000'000;               // records may be so far behind
constexpr uint64_t kHandOverIntervalNs = 200'000'000;  // what is lost if Strobe is killed

uint64_t own_cpu_ns(const rusage& usage) {
  const auto ns = [](const timeval& t) {
    return static_cast<uint64_t>(t.tv_sec) * kNsPerSecond + static_cast<uint64_t>(t.tv_usec) * 1000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

rusage own_usage() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

void signal_event(const UniqueFd& event) {
  const uint64_t one = 1;
  static_cast<void>(!::write(event.get(), &one, sizeof one));  // an eventfd of ours: cannot be full
}

}  // namespace

Recorder::Recorder(RecorderOptions options, store::RecordingWriter writer, Diagnostics& diagnostics)
    : options_(std::move(options)),
      diagnostics_(&diagnostics),
      writer_(std::move(writer), options_.bounds.max_bytes),
      sink_({options_.info.start_monotonic_ns, options_.redact_arguments}),
      cpu_at_start_ns_(own_cpu_ns(own_usage())),
      history_(options_.bounds, options_.info.start_monotonic_ns),
      ended_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Recorder::~Recorder() { stop(); }

Result<void> Recorder::start() {
  store_first_delta();
  std::promise<Result<void>> started;
  auto begun = started.get_future();
  thread_ = std::thread([this, promise = std::move(started)]() mutable { run(std::move(promise)); });
  return begun.get();
}

void Recorder::store_first_delta() {
  RecordingDelta first;
  first.info = options_.info;
  writer_.push(std::move(first));
}

void Recorder::store_engine_facts() {
  RecordingDelta facts;
  facts.info = describe(options_.info.start_monotonic_ns);
  Quality quality;
  engine_->describe(quality);
  quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(options_.engine.period_ns);
  facts.quality = std::move(quality);
  writer_.push(std::move(facts));
}

void Recorder::run(std::promise<Result<void>> started) {
  // The engine lives on this thread alone: ptrace ties a tracee to the thread that seized it.
  options_.engine.python_reader = &sink_.python();
  auto engine = sampling::make_engine(options_.engine, options_.target, *diagnostics_);
  if (!engine) return started.set_value(pass(std::move(engine)));
  engine_ = std::move(*engine);
  if (options_.engine.wall) {
    sink_.record_waits({.reports_switches = engine_->reports_switches(),
                        .samples_switches = engine_->samples_switches(),
                        .start_ns = options_.info.start_monotonic_ns,
                        .launched = options_.target.launched ? options_.target.pids.front() : 0});
  }
  if (options_.engine.fault_period != 0) sink_.count_faults(options_.engine.fault_period);
  if (!options_.memory_folder.empty()) {
    sink_.record_memory(options_.memory_folder);
    sink_.memory()->start();
  }
  if (!options_.target.launched && std::ranges::any_of(options_.target.pids, looks_like_python)) {
    engine_->expect_python();
  }
  auto begun = engine_->start(options_.target, sink_);
  const bool ok = begun.has_value();
  os::drop_unneeded_rights();
  if (ok) store_engine_facts();
  if (ok) follow_python();
  if (ok) errands_.open();
  if (ok && options_.engine.start_paused) {
    paused_.store(true);
    paused_since_ns_ = options_.info.start_monotonic_ns;
    if (sink_.waits() != nullptr) sink_.waits()->pause(monotonic_now_ns());
  }
  started.set_value(std::move(begun));
  if (!ok) return;

  uint64_t next_hand_over_ns = monotonic_now_ns() + kHandOverIntervalNs;
  while (!stop_.load() && !engine_->targets_gone()) {
    wait_for_news();
    errands_.run_all();
    follow_python();
    if (auto polled = engine_->poll(sink_, 0); !polled) {
      failure_ = std::move(polled).error();
      break;
    }
    if (sink_.waits() != nullptr) sink_.waits()->look(monotonic_now_ns());
    if (sink_.memory() != nullptr) sink_.memory()->look();
    if (!paused_.load()) sink_.resident().run(monotonic_now_ns());
    if (monotonic_now_ns() < next_hand_over_ns && !history_.is_handover_large(sink_)) continue;
    sink_.tracker().read_times();
    if (!history_.is_bounded()) {
      hand_over();
    } else if (auto handed = hand_over_bounded(); !handed) {
      failure_ = std::move(handed).error();
      break;
    }
    next_hand_over_ns = monotonic_now_ns() + kHandOverIntervalNs;
  }
  errands_.close();
  if (auto finished = engine_->finish(sink_); !finished && !failure_) failure_ = std::move(finished).error();
  end_ns_ = monotonic_now_ns();
  if (sink_.memory() != nullptr) sink_.memory()->stop();
  if (sink_.waits() != nullptr) sink_.waits()->close(end_ns_);
  if (!paused_.load()) sink_.resident().close(end_ns_);
  if (paused_.load()) count_pause();
  sink_.tracker().read_times();
  for (const pid_t pid : options_.target.pids) sink_.tracker().read_times_of(pid);  // a zombie still tells
  signal_event(ended_fd_);
}

void Recorder::wait_for_news() const {
  pollfd news[] = {{engine_->wake_fd(), POLLIN, 0}, {errands_.fd(), POLLIN, 0}};
  const bool look_soon = sink_.waits() != nullptr && sink_.waits()->is_in_haste();
  const bool soon =
      look_soon || sink_.reads_live_stacks() || sink_.python().is_waiting() || engine_->is_in_haste();
  const bool names_soon = sink_.memory() != nullptr && sink_.memory()->has_python();
  const int timeout_ms = soon ? kLivePollTimeoutMs : names_soon ? kNamePollTimeoutMs : kPollTimeoutMs;
  static_cast<void>(::poll(news, 2, timeout_ms));  // an interrupted wait is as good as one without news
}

void Recorder::follow_python() {
  if (sink_.python().is_waiting()) engine_->expect_python();
  for (const PythonTarget& target : sink_.python().take_changes(monotonic_now_ns())) {
    engine_->watch_python(target);
  }
  sink_.name_python_threads(monotonic_now_ns());
}

void Recorder::hand_over() {
  if (writer_.has_room()) writer_.push(sink_.take_delta());
}

Result<void> Recorder::hand_over_bounded() {
  if (!writer_.has_room()) return {};
  const uint64_t now_ns = monotonic_now_ns();
  const bool full = history_.is_segment_full(now_ns, sink_);
  if (full) {
    if (auto reported = engine_->report_cpu(sink_); !reported) return reported;
    if (sink_.waits() != nullptr && !paused_.load()) sink_.waits()->settle(now_ns - kFrontNs);
  }
  const auto drop = history_.drop_oldest(now_ns, writer_.used_bytes(), sink_);
  RecordingDelta delta = sink_.take_delta();
  delta.drop = drop;
  writer_.push(std::move(delta));
  if (full) history_.end_segment(now_ns, sink_);
  return {};
}

void Recorder::stop() {
  stop_.store(true);
  errands_.wake();  // or the program's end would wait for the next look at the rings
  if (thread_.joinable()) thread_.join();
}

Result<uint64_t> Recorder::finish(std::optional<int32_t> exit_status) {
  stop();
  TargetTracker& tracker = sink_.tracker();
  tracker.close(end_ns_);
  if (sink_.waits() != nullptr) {
    writer_.push(sink_.take_delta());  // with the last news of the waits
    settle_waits();
  }
  if (exit_status && !options_.target.pids.empty())
    tracker.set_exit_status(options_.target.pids.front(), *exit_status);
  writer_.push(sink_.take_delta());
  const WriterOutcome written = writer_.drain();
  RecordingDelta last;
  last.info = describe(end_ns_);
  last.info->exit_status = exit_status;
  last.quality = assess();
  add_outcome(written, *last.quality);
  history_.describe(options_.info.start_monotonic_ns, *last.quality);
  if (auto finished = writer_.finish(last); !finished) {
    diagnostics_->warn("the recording is incomplete: " + finished.error().what);
  }
  return written.stored;
}

RecordingInfo Recorder::describe(uint64_t end_ns) {
  RecordingInfo info = options_.info;
  info.duration_ns = end_ns - info.start_monotonic_ns;
  info.period_ns = options_.engine.period_ns;
  Quality engine;
  engine_->describe(engine);
  info.kernel_sampled = engine.kernel_sampled;
  info.pooled_sampling = engine_->pooled_sampling();
  if (options_.engine.fault_period != 0)
    info.memory = {.mode = MemoryMode::resident, .interval_bytes = options_.engine.fault_period};
  info.wall = sink_.waits() != nullptr;
  if (info.wall) {  // the engine knows since it was started
    info.runnable_source = engine_->reports_wakes() ? "sched_wakeup" : sink_.waits()->runnable_source();
  }
  return info;
}

Result<bool> Recorder::set_paused(bool paused) {
  Result<bool> result = fail(ErrorCode::gone, "the recording has ended");
  errands_.do_errand([&] { result = switch_pause(paused); });
  return result;
}

Result<bool> Recorder::switch_pause(bool paused) {
  if (paused_.load() == paused) return false;
  auto switched = paused ? engine_->pause(sink_) : engine_->resume(sink_);
  if (!switched) return pass(std::move(switched));
  const uint64_t now_ns = monotonic_now_ns();
  if (paused) {
    paused_since_ns_ = now_ns;
  } else {
    count_pause();
  }
  if (WaitRecorder* waits = sink_.waits()) paused ? waits->pause(now_ns) : waits->resume(now_ns);
  paused_.store(paused);
  return true;
}

void Recorder::count_pause() {
  ++pauses_.count;
  const uint64_t now_ns = monotonic_now_ns();
  pauses_.total_ns += now_ns - paused_since_ns_;
  const uint64_t start_ns = options_.info.start_monotonic_ns;
  pause_times_.emplace_back(paused_since_ns_ - std::min(paused_since_ns_, start_ns), now_ns - start_ns);
}

void Recorder::settle_waits() {
  Quality quality;
  engine_->describe(quality);
  history_.describe(options_.info.start_monotonic_ns, quality);
  unfit_threads_ = sink_.tracker().settle_waits(
      {.pauses = pause_times_,
       .from_ns = quality.dropped.until_ns,
       .exact = engine_->reports_switches() && quality.samples.lost_kernel == 0});
}

Result<void> Recorder::write_snapshot(const std::string& path) {
  Result<SnapshotJob> job = fail(ErrorCode::gone, "the recording has ended");
  std::future<Result<void>> written;
  errands_.do_errand([&] {
    job = prepare_snapshot(path);
    if (job) written = writer_.push_snapshot(std::move(*job));
  });
  if (!job) return pass(std::move(job));
  return written.get();
}

/// Brings the writer's rows to the present, and adds what a recording that ends now would end with.
Result<SnapshotJob> Recorder::prepare_snapshot(const std::string& path) {
  if (auto polled = engine_->poll(sink_, 0); !polled) return pass(std::move(polled));
  if (auto reported = engine_->report_cpu(sink_); !reported) return pass(std::move(reported));
  sink_.tracker().read_times();
  if (sink_.waits() != nullptr && !paused_.load()) sink_.waits()->settle(monotonic_now_ns() - kFrontNs);
  writer_.push(sink_.take_delta());
  const uint64_t now_ns = monotonic_now_ns();
  SnapshotJob job{.path = path, .closing = {}, .complete = {}};
  sink_.tracker().add_closed_rows(now_ns, job.closing);
  job.closing.info = describe(now_ns);
  job.closing.quality = assess();
  job.complete = [history = history_, start_ns = options_.info.start_monotonic_ns](Quality& quality) {
    history.describe(start_ns, quality);
  };
  if (paused_.load()) {
    ++job.closing.quality->pauses.count;
    job.closing.quality->pauses.total_ns += now_ns - paused_since_ns_;
  }
  return job;
}

Quality Recorder::assess() {
  const TargetTracker& tracker = sink_.tracker();
  Quality quality;
  engine_->describe(quality);
  quality.rate_hz = static_cast<double>(kNsPerSecond) / static_cast<double>(options_.engine.period_ns);
  quality.samples.expected = quality.rate_hz * seconds_of(tracker.total_cpu_ns(options_.engine.period_ns));
  quality.samples.lost_queue = sink_.lost_queue();
  quality.stacks.blame = sink_.stack_blame();
  quality.python = sink_.python_counts();
  if (!quality.python.interpreters.empty()) quality.python.reading = name_of(engine_->python_reading());
  for (const std::string& text : sink_.python().warnings()) quality.warnings.push_back(text);
  quality.processes_seen = tracker.processes().size();
  quality.unsampled = tracker.unsampled(engine_->pooled_sampling());
  const rusage usage = own_usage();
  quality.overhead.strobe_cpu_ns = own_cpu_ns(usage) - cpu_at_start_ns_;
  quality.overhead.strobe_peak_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  if (sink_.waits() != nullptr) quality.offcpu = sink_.waits()->counts();
  if (sink_.memory() != nullptr) quality.memory = sink_.memory()->counts();
  quality.pauses = pauses_;
  if (unfit_threads_ > 1) {  // one is normal: whose end leaves no record (sampling/perf/cpu_report.h)
    quality.warnings.push_back(fmt::format(
        "The kernel's CPU times of {} threads do not fit their switches: they are taken from these.",
        unfit_threads_));
  }
  if (failure_) quality.warnings.push_back("Sampling ended early: " + failure_->what + ".");
  return quality;
}

}  // namespace strobe::record
