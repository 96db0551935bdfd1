#include "record/python_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "os/proc_maps.h"
#include "os/proc_tasks.h"

namespace strobe::record {
namespace {

constexpr uint64_t kFirstLooksNs = 1'000'000;  // an interpreter takes some 10 ms to start
constexpr uint64_t kLaterLooksNs = 100'000'000;
constexpr uint32_t kFirstLooks = 500;
constexpr uint32_t kLooksWhileLoading = 50;

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

PythonProcess::PythonProcess(pid_t target_pid, const MappedInterpreter& mapped, python::Runtime runtime)
    : pid(target_pid),
      interpreter(mapped),
      version(python::version_text(runtime)),
      memory(target_pid),
      frames(memory, runtime),
      code(memory, frames.runtime()),
      own_namespace(os::read_namespace_id(target_pid, target_pid) == target_pid) {}

pid_t PythonProcess::outer_tid(pid_t native_id) {
  if (own_namespace) return native_id;
  const std::lock_guard lock(frames_mutex);
  for (const auto& [tid, inner] : tids_in_namespace) {
    if (inner == native_id) return tid;
  }
  return 0;
}

bool looks_like_python(pid_t pid) {
  const auto mappings = os::read_proc_maps(pid);
  return mappings && std::ranges::any_of(*mappings, [](const os::ProcMapping& mapping) {
           const std::string_view path = mapping.path;
           const std::string_view name = path.substr(path.rfind('/') + 1);
           return name.starts_with("python3.") || name.starts_with("libpython3.");
         });
}

void PythonTargets::mapped(pid_t pid, const MappedInterpreter& interpreter) {
  if (const PythonProcess* known = find(pid);
      known != nullptr && known->interpreter.runtime == interpreter.runtime) {
    return;  // a further part of the same file
  }
  waiting_.try_emplace(pid, Waiting{.interpreter = interpreter});
}

void PythonTargets::met_other(pid_t pid, const std::string& name) {
  if (std::ranges::find(others_, name) != others_.end()) return;
  others_.push_back(name);
  warnings_.push_back(
      fmt::format("Process {} runs {}, which Strobe cannot read: native frames only.", pid, name));
}

void PythonTargets::forked(pid_t parent, pid_t child) {
  if (const PythonProcess* known = find(parent)) {
    add(child, known->interpreter, known->frames.runtime());
  } else if (const auto waiting = waiting_.find(parent); waiting != waiting_.end()) {
    waiting_.insert_or_assign(child, Waiting{.interpreter = waiting->second.interpreter});
  }
}

void PythonTargets::gone(pid_t pid) {
  waiting_.erase(pid);
  const std::lock_guard lock(mutex_);
  if (processes_.erase(pid) != 0) changes_.push_back({.pid = pid});
}

void PythonTargets::add(pid_t pid, const MappedInterpreter& interpreter, python::Runtime runtime) {
  const PythonTarget target{.pid = pid,
                            .runtime = runtime.address,
                            .layout = runtime.layout.walk,
                            .tid_in_pthread = runtime.tid_in_pthread,
                            .code_type = runtime.code_type};
  auto process = std::make_shared<PythonProcess>(pid, interpreter, runtime);
  add_once(interpreters_, process->version);
  changes_.push_back(target);
  const std::lock_guard lock(mutex_);
  processes_[pid] = std::move(process);
}

/// Whether there is an answer for good.
bool PythonTargets::look(pid_t pid, Waiting& waiting) {
  os::ProcessMemory memory(pid);
  const MappedInterpreter& interpreter = waiting.interpreter;
  const pid_t id_in_namespace = os::read_namespace_id(pid, pid).value_or(pid);
  auto runtime = python::open_runtime(memory, interpreter.runtime, interpreter.file, id_in_namespace);
  if (runtime) {
    add(pid, interpreter, *runtime);
    return true;
  }
  const Error& error = runtime.error();
  if (error.code == ErrorCode::not_found) return false;
  // While the dynamic linker maps libpython, what is to become its data still has other contents.
  if (error.code != ErrorCode::unsupported && waiting.looks < kLooksWhileLoading) return false;
  if (error.code != ErrorCode::gone) {
    add_once(warnings_,
             fmt::format("Process {}: {}{}{}.", pid, error.what, error.hint.empty() ? "" : ": ", error.hint));
  }
  return true;
}

std::vector<PythonTarget> PythonTargets::take_changes(uint64_t now_ns) {
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    auto& [pid, waiting] = *entry;
    if (now_ns < waiting.next_look_ns) {
      ++entry;
      continue;
    }
    waiting.next_look_ns = now_ns + (++waiting.looks < kFirstLooks ? kFirstLooksNs : kLaterLooksNs);
    entry = look(pid, waiting) ? waiting_.erase(entry) : std::next(entry);
  }
  return std::exchange(changes_, {});
}

std::shared_ptr<PythonProcess> PythonTargets::find_shared(pid_t pid) const {
  const std::lock_guard lock(mutex_);
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : found->second;
}

PythonProcess* PythonTargets::find(pid_t pid) const { return find_shared(pid).get(); }

bool PythonTargets::read_frames(const PythonLook& look, PythonCapture& out) {
  const std::shared_ptr<PythonProcess> process = find_shared(look.pid);
  if (process == nullptr) return false;
  const std::lock_guard lock(process->frames_mutex);
  pid_t native_id = look.tid;
  if (!process->own_namespace) {
    const auto [known, added] = process->tids_in_namespace.try_emplace(look.tid, 0);
    if (added) known->second = os::read_namespace_id(look.pid, look.tid).value_or(look.tid);
    native_id = known->second;
  }
  if (look.stopped) {
    std::span<const uint64_t> registers;
    if (look.registers != nullptr) registers = std::span(look.registers->value).first(x86_64::kRip);
    process->frames.capture_stopped(native_id, out, registers);
  } else {
    process->frames.capture_running(native_id, out);
  }
  // What the thread runs is still there now: it is met before the thread goes on and may free it.
  const std::lock_guard code_lock(process->code_mutex);
  for (const RawPythonFrame& frame : out.frames) process->code.find(frame.code, frame.identity);
  return true;
}

}  // namespace strobe::record
