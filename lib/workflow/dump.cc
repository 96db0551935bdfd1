#include "workflow/dump.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>

#include "base/clock.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/perf/attacher.h"
#include "workflow/dump_python.h"
#include "workflow/dump_states.h"
#include "workflow/moment_profile.h"

namespace strobe::workflow {
namespace {

constexpr size_t kMaxProcesses = 4096;
constexpr size_t kMaxInlining = 256;

/// The processes asked for, each followed by its children.
std::vector<pid_t> list_processes(const DumpRequest& request) {
  std::vector<pid_t> found;
  std::set<pid_t> seen = {::getpid()};
  std::vector<pid_t> work(request.pids.rbegin(), request.pids.rend());
  while (!work.empty() && found.size() < kMaxProcesses) {
    const pid_t pid = work.back();
    work.pop_back();
    if (!seen.insert(pid).second) continue;
    found.push_back(pid);
    const auto threads = request.children ? os::list_threads(pid) : Result<std::vector<pid_t>>{};
    if (!threads) continue;
    for (const pid_t tid : *threads) {
      const std::vector<pid_t> children = os::list_child_processes(pid, tid);
      work.insert(work.end(), children.rbegin(), children.rend());
    }
  }
  return found;
}

void report_process(record::SampleSink& sink, pid_t pid) {
  const uint64_t now_ns = monotonic_now_ns();
  sampling::report_existing_thread(sink, pid, pid, now_ns);
  if (const auto threads = os::list_threads(pid)) {
    for (const pid_t tid : *threads) {
      if (tid != pid) sampling::report_existing_thread(sink, pid, tid, now_ns);
    }
  }
  sampling::report_mappings(sink, pid, now_ns);
}

struct ShownStack {
  std::vector<DumpedFrame> frames;
  std::vector<FrameId> rows;  ///< by frame
};

/// A frame with everything it was inlined into.
void add_frames(const Profile& profile, FrameId id, bool native_only, ShownStack& out) {
  for (size_t level = 0; level < kMaxInlining && id.index() < profile.frames.size(); ++level) {
    const FrameRow& row = profile.frames[id.index()];
    const bool is_python = row.kind == FrameKind::python;
    const bool hidden = native_only ? is_python : row.kind == FrameKind::interpreter;
    if (hidden) return;
    DumpedFrame frame;
    frame.language = is_python ? DumpedFrame::Language::python : DumpedFrame::Language::native;
    if (row.function.index() < profile.functions.size())
      frame.function = profile.text(profile.functions[row.function.index()].name);
    frame.file = profile.text(row.file);
    frame.line = row.line;
    if (!is_python && row.module.index() < profile.modules.size())
      frame.module = profile.text(profile.modules[row.module.index()].path);
    frame.address = is_python ? 0 : row.address;
    out.frames.push_back(std::move(frame));
    out.rows.push_back(id);
    id = row.outer;
  }
}

ShownStack list_frames(const Profile& profile, StackId stack, bool native_only) {
  ShownStack shown;
  while (stack.index() < profile.stacks.size()) {
    const StackRow& row = profile.stacks[stack.index()];
    add_frames(profile, row.frame, native_only, shown);
    if (row.parent.index() >= stack.index()) break;
    stack = row.parent;
  }
  return shown;
}

DumpedThread make_thread(const ThreadLook& look, const MomentProfile& moment, uint32_t sample,
                         const DumpRequest& request) {
  DumpedThread thread;
  thread.tid = look.tid;
  if (const auto name = os::read_comm(look.pid, look.tid)) thread.name = *name;
  thread.state = state_of(look);
  thread.problem = look.problem;
  if (sample == MomentProfile::kNoSample) return thread;
  const SampleRow& row = moment.profile.samples[sample];
  thread.stack_class = row.stack_class;
  thread.python_state = row.python;
  ShownStack shown = list_frames(moment.profile, row.stack, request.native_only);
  thread.frames = std::move(shown.frames);
  thread.state = state_by_functions(thread.state, thread.frames);
  if (look.has_python) add_python_frames(look, shown.rows, request.locals, thread);
  return thread;
}

DumpedProcess make_process(pid_t pid, const std::set<pid_t>& dumped) {
  DumpedProcess process;
  process.pid = pid;
  if (const pid_t parent = os::read_parent_pid(pid); dumped.contains(parent)) process.parent = parent;
  if (const auto command = os::read_comm(pid, pid)) process.command = *command;
  if (const auto line = os::read_command_line(pid)) process.command_line = *line;
  return process;
}

Result<std::vector<ThreadLook>> look_at(const std::vector<pid_t>& pids, const ReadPython& read_python) {
  std::vector<ThreadLook> looks;
  for (const pid_t pid : pids) {
    std::vector<ThreadLook> of_process = look_at_threads(pid, read_python);
    std::move(of_process.begin(), of_process.end(), std::back_inserter(looks));
  }
  stop_and_look(looks, read_python);
  const bool any = std::ranges::any_of(looks, [](const ThreadLook& look) { return look.has_registers; });
  if (any || looks.empty()) return looks;
  if (looks.front().problem == kEndedProblem)
    return fail(ErrorCode::gone, fmt::format("process {} ended", looks.front().pid));
  return tl::unexpected(os::make_access_error(EPERM, looks.front().pid, "look at"));
}

}  // namespace

Result<Dump> dump(const DumpRequest& request, Diagnostics& diagnostics) {
  for (const pid_t pid : request.pids) {
    if (auto checked = os::check_target(pid); !checked) return pass(std::move(checked));
  }
  Dump result;
  result.time_unix_ns = int64_t{std::time(nullptr)} * 1'000'000'000;
  const std::vector<pid_t> pids = list_processes(request);
  record::SampleSink sink({.start_ns = monotonic_now_ns(), .redact_arguments = false});
  for (const pid_t pid : pids) report_process(sink, pid);
  static_cast<void>(sink.python().take_changes(monotonic_now_ns()));  // opens the interpreters
  ReadPython read_python;
  if (!request.native_only)
    read_python = [&](ThreadLook& look) { read_python_part(sink.python(), request.locals, look); };
  auto looks = look_at(pids, read_python);
  if (!looks) return pass(std::move(looks));
  MomentProfile moment = make_moment_profile(sink, *looks);
  apply(symbolize::symbolize_profile(moment.profile, request.symbols, diagnostics), moment.profile);
  symbolize::choose_names(moment.profile, request.symbols.names);

  const std::set<pid_t> dumped(pids.begin(), pids.end());
  for (const pid_t pid : pids) {
    DumpedProcess process = make_process(pid, dumped);
    std::vector<const ThreadLook*> of_process;
    for (size_t i = 0; i < looks->size(); ++i) {
      const ThreadLook& look = (*looks)[i];
      if (look.pid != pid) continue;
      process.threads.push_back(make_thread(look, moment, moment.samples[i], request));
      of_process.push_back(&look);
      if (look.stopped_ns > 0) ++result.stops;
      result.longest_stop_ns = std::max(result.longest_stop_ns, look.stopped_ns);
    }
    if (record::PythonProcess* known = sink.python().find(pid)) add_python_facts(*known, of_process, process);
    result.processes.push_back(std::move(process));
  }
  result.warnings = sink.python().warnings();
  return result;
}

}  // namespace strobe::workflow
