// record() of recording_session.h: obtains the target, runs the recorder, waits, and ends in order. The
// main thread handles signals and the child; the recorder has the others.
#include <fcntl.h>
#include <poll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "os/launch.h"
#include "os/own_rights.h"
#include "os/procfs.h"
#include "os/signals.h"
#include "record/recorder.h"
#include "store/recording_file.h"
#include "workflow/live_control.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {
namespace {

constexpr int kJobControlIntervalMs = 100;

RecordingInfo describe_machine() {
  RecordingInfo info;
  info.strobe_version = STROBE_VERSION;
  utsname names{};
  if (::uname(&names) == 0) {
    info.hostname = names.nodename;
    info.kernel_release = names.release;
    info.architecture = names.machine;
  }
  info.start_unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  info.start_monotonic_ns = monotonic_now_ns();
  return info;
}

std::string describe_target(const RecordRequest& request) {
  std::string text;
  if (request.redact_arguments && !request.command.empty()) return request.command.front();
  for (const std::string& word : request.command) text += (text.empty() ? "" : " ") + word;
  for (const pid_t pid : request.pids) text += (text.empty() ? "pid " : " ") + std::to_string(pid);
  return text;
}

record::RecorderOptions recorder_options(const RecordRequest& request, sampling::EngineTarget target,
                                         const std::optional<heap::Session>& memory = {}) {
  record::RecorderOptions options;
  options.engine = request.engine;
  options.target = std::move(target);
  options.info = describe_machine();
  options.info.command = describe_target(request);
  options.info.period_ns = request.engine.period_ns;
  options.redact_arguments = request.redact_arguments;
  options.bounds = request.bounds;
  if (memory) {
    const uint64_t interval = request.memory->interval_bytes;
    options.memory_folder = memory->folder();
    options.info.memory.mode = interval == 0 ? MemoryMode::all : MemoryMode::sampled;
    options.info.memory.interval_bytes = interval;
    options.info.memory.python_allocators = request.memory->python_allocators;
  }
  return options;
}

/// Milliseconds until `deadline_ns` for poll(2), at most kJobControlIntervalMs.
int timeout_until(std::optional<uint64_t> deadline_ns) {
  if (!deadline_ns) return kJobControlIntervalMs;
  const uint64_t now = monotonic_now_ns();
  if (now >= *deadline_ns) return 0;
  return static_cast<int>(std::min<uint64_t>((*deadline_ns - now) / 1'000'000 + 1, kJobControlIntervalMs));
}

/// What ends a recording, beside its target.
struct Waiting {
  os::SignalWatcher* signals = nullptr;
  LiveControl* control = nullptr;  ///< none once the recording has ended
  std::optional<uint64_t> deadline_ns;
};

[[nodiscard]] Waiting wait_with(os::SignalWatcher& signals, LiveControl& control,
                                std::optional<uint64_t> duration_ns) {
  Waiting waiting{&signals, &control, {}};
  if (duration_ns) waiting.deadline_ns = monotonic_now_ns() + *duration_ns;
  return waiting;
}

/// Whether the time is over or somebody asked for the end; `stop` is the polled stop_fd().
bool is_over(const Waiting& waiting, const pollfd& stop) {
  return (stop.revents & POLLIN) != 0 || (waiting.deadline_ns && monotonic_now_ns() >= *waiting.deadline_ns);
}

pollfd poll_stop(const Waiting& waiting) {
  return {waiting.control != nullptr ? waiting.control->stop_fd() : -1, POLLIN, 0};
}

/// Keeps a program in hand that is run for its figures (Supervision).
class Supervisor {
 public:
  Supervisor(const Supervision& supervision, const os::LaunchedProcess& child) : child_(&child) {
    if (supervision.time_limit_ns) limit_ns_ = monotonic_now_ns() + *supervision.time_limit_ns;
  }

  void handle(const os::SignalEvent& event) {
    if (os::is_stop_signal(event.number)) os::stop_self(event.number);
    if (!os::is_ending_signal(event.number)) return;
    signal_ = event.number;
    if (!kill_ns_) end_program();
  }

  /// Ends the program where its time is over, by force where it does not listen.
  void enforce() {
    const uint64_t now = monotonic_now_ns();
    if (!kill_ns_ && limit_ns_ && now >= *limit_ns_) {
      timed_out_ = true;
      end_program();
    }
    if (kill_ns_ && now >= *kill_ns_) ::kill(child_->pid(), SIGKILL);
  }

  /// When enforce() has something to do.
  [[nodiscard]] std::optional<uint64_t> deadline_ns() const { return kill_ns_ ? kill_ns_ : limit_ns_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  [[nodiscard]] int signal() const { return signal_; }

 private:
  static constexpr uint64_t kGraceNs = 2 * kNsPerSecond;

  void end_program() {
    ::kill(child_->pid(), SIGTERM);
    kill_ns_ = monotonic_now_ns() + kGraceNs;
  }

  const os::LaunchedProcess* child_;
  std::optional<uint64_t> limit_ns_;
  std::optional<uint64_t> kill_ns_;  ///< asked to end; the time of the SIGKILL
  bool timed_out_ = false;
  int signal_ = 0;
};

/// Waits for the end of a program that is run for its figures. Not for that of its recording: it has none.
void wait_supervised(os::SignalWatcher& signals, const os::LaunchedProcess& child, Supervisor& supervisor) {
  while (true) {
    pollfd fds[] = {{signals.fd(), POLLIN, 0}, {child.exit_fd(), POLLIN, 0}};
    static_cast<void>(::poll(fds, 2, timeout_until(supervisor.deadline_ns())));
    while (const auto event = signals.read()) supervisor.handle(*event);
    supervisor.enforce();
    const bool may_have_ended = child.exit_fd() < 0 || (fds[1].revents & POLLIN) != 0;
    if (may_have_ended && child.state() == os::ChildState::exited) return;
  }
}

/// Waits for the program's end, handing signals on; false when the recording is to end before.
bool wait_for_child(const Waiting& waiting, const os::LaunchedProcess& child) {
  os::JobControl job(child);
  while (true) {
    pollfd fds[] = {{waiting.signals->fd(), POLLIN, 0}, {child.exit_fd(), POLLIN, 0}, poll_stop(waiting)};
    static_cast<void>(::poll(fds, 3, timeout_until(waiting.deadline_ns)));
    while (const auto event = waiting.signals->read()) {
      if (event->number != os::kSnapshotSignal) {
        job.handle(*event);
      } else if (waiting.control != nullptr) {
        waiting.control->take_snapshot();
      }
    }
    static_cast<void>(job.follow_stop());
    const bool may_have_ended = child.exit_fd() < 0 || (fds[1].revents & POLLIN) != 0;
    if (may_have_ended && child.state() == os::ChildState::exited) return true;
    if (is_over(waiting, fds[2])) return false;
  }
}

/// Waits until all targets are gone, or the recording is to end before, also because a signal asks for it.
void wait_for_targets(const Waiting& waiting, int ended_fd) {
  while (true) {
    pollfd fds[] = {{waiting.signals->fd(), POLLIN, 0}, {ended_fd, POLLIN, 0}, poll_stop(waiting)};
    static_cast<void>(::poll(fds, 3, timeout_until(waiting.deadline_ns)));
    while (const auto event = waiting.signals->read()) {
      if (os::is_ending_signal(event->number)) return;
      if (os::is_stop_signal(event->number)) os::stop_self(event->number);
      if (event->number == os::kSnapshotSignal) waiting.control->take_snapshot();
    }
    if ((fds[1].revents & POLLIN) != 0 || is_over(waiting, fds[2])) return;
  }
}

/// Ends a recording that came to nothing, and takes away its file. Its writer has to be gone before: SQLite
/// does not clean up beside a database that was removed under it.
void discard(std::optional<record::Recorder>& recorder, const std::string& path) {
  recorder.reset();
  store::remove_recording(path);
}

/// The program's exit status; a signal that ended it is said, as a shell says it of its children.
std::optional<int32_t> reap(os::LaunchedProcess& child, const std::string& program,
                            Diagnostics& diagnostics) {
  const auto exit = child.reap();
  if (!exit) return std::nullopt;
  if (exit->signal != 0 && exit->signal != SIGINT && exit->signal != SIGPIPE) {
    diagnostics.warn(program + " was ended by signal " + std::to_string(exit->signal) + " (" +
                     ::strsignal(exit->signal) + (exit->core_dumped ? ", core dumped)" : ")"));
  }
  return exit->status;
}

/// Waits for the program's end, or (false) until the recording is to end before.
bool wait_for_program(const RecordRequest& request, LiveControl& control, os::SignalWatcher& signals,
                      const os::LaunchedProcess& child, RecordOutcome& outcome) {
  if (!request.supervision) return wait_for_child(wait_with(signals, control, request.duration_ns), child);
  Supervisor supervisor(*request.supervision, child);
  wait_supervised(signals, child, supervisor);
  outcome.timed_out = supervisor.timed_out();
  outcome.signal = supervisor.signal();
  return true;
}

/// What the program gets as its standard streams; `null` stays open until it has them.
Result<os::LaunchStreams> streams_for(const RecordRequest& request, UniqueFd& null) {
  if (!request.supervision) return os::LaunchStreams{};
  null = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return from_errno("open /dev/null");
  const int output = request.supervision->show_output ? STDERR_FILENO : null.get();
  return os::LaunchStreams{null.get(), output, output};
}

Result<RecordOutcome> record_launched(const RecordRequest& request, Diagnostics& diagnostics,
                                      os::SignalWatcher& signals, store::RecordingWriter writer,
                                      std::optional<heap::Session> memory) {
  UniqueFd null;
  auto streams = streams_for(request, null);
  if (!streams) return pass(std::move(streams));
  auto child =
      os::LaunchedProcess::prepare(request.command, signals.original(), request.search_path, *streams,
                                   memory ? memory->environment() : std::vector<std::string>());
  if (!child) return pass(std::move(child));
  std::optional<record::Recorder> recorder(std::in_place,
                                           recorder_options(request, {{child->pid()}, true}, memory),
                                           std::move(writer), diagnostics);
  std::optional<LiveControl> control(std::in_place, request, *recorder, diagnostics);
  Result<void> started;
  if (!request.supervision) started = control->open();
  if (started) started = recorder->start();
  if (!started) {
    control.reset();
    discard(recorder, request.output_path);
    return pass(std::move(started));
  }
  auto failed = child->release();
  if (!failed) {
    control.reset();
    discard(recorder, request.output_path);
    return pass(std::move(failed));
  }

  RecordOutcome outcome;
  outcome.path = request.output_path;
  if (*failed) {
    control.reset();
    discard(recorder, request.output_path);
    outcome.exec_error = std::move((*failed)->error);
    outcome.exit_status = (*failed)->exit_status;
    return outcome;
  }
  // Others are to be started after a supervised one, with what it was started with: the recorder's threads
  // give up their rights all the same.
  if (!request.supervision) os::drop_unneeded_rights();
  control->begin_service();
  const bool ended = wait_for_program(request, *control, signals, *child, outcome);
  recorder->stop();  // before the child is reaped: its /proc files still tell its times
  if (ended) {
    outcome.exit_status = reap(*child, request.command.front(), diagnostics);
  }
  auto samples = recorder->finish(outcome.exit_status);
  memory.reset();  // programs that go on, or start later, are not recorded any more
  control->recording_ended();
  control.reset();
  if (!samples) return pass(std::move(samples));
  outcome.samples = *samples;
  if (!ended) {  // the recording ended before the program
    static_cast<void>(wait_for_child({&signals, nullptr, {}}, *child));
    outcome.exit_status = reap(*child, request.command.front(), diagnostics);
  }
  return outcome;
}

Result<RecordOutcome> record_attached(const RecordRequest& request, Diagnostics& diagnostics,
                                      os::SignalWatcher& signals, store::RecordingWriter writer) {
  std::optional<record::Recorder> recorder(std::in_place, recorder_options(request, {request.pids, false}),
                                           std::move(writer), diagnostics);
  std::optional<LiveControl> control(std::in_place, request, *recorder, diagnostics);
  auto started = control->open();
  if (started) started = recorder->start();
  if (!started) {
    control.reset();
    discard(recorder, request.output_path);
    return pass(std::move(started));
  }
  os::drop_unneeded_rights();
  control->begin_service();
  wait_for_targets(wait_with(signals, *control, request.duration_ns), recorder->ended_fd());
  recorder->stop();
  auto samples = recorder->finish(std::nullopt);
  control->recording_ended();
  if (!samples) return pass(std::move(samples));
  return RecordOutcome{request.output_path, std::nullopt, std::nullopt, *samples};
}

}  // namespace

Result<RecordOutcome> record(const RecordRequest& request, Diagnostics& diagnostics) {
  for (const pid_t pid : request.pids) {
    if (auto checked = os::check_target(pid); !checked) return pass(std::move(checked));
  }
  auto signals = os::SignalWatcher::make();
  if (!signals) return pass(std::move(signals));
  std::optional<heap::Session> memory;
  if (request.memory) {
    auto made = heap::Session::make(*request.memory);
    if (!made) return pass(std::move(made));
    memory.emplace(std::move(*made));
  }
  // Before the program starts: an unwritable place is said while nothing has happened yet.
  auto writer = store::RecordingWriter::create(request.output_path, request.replace_output);
  if (!writer) return pass(std::move(writer));
  return request.command.empty()
             ? record_attached(request, diagnostics, *signals, std::move(*writer))
             : record_launched(request, diagnostics, *signals, std::move(*writer), std::move(memory));
}

}  // namespace strobe::workflow
