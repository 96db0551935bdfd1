#include "workflow/dump_python.h"

#include <algorithm>
#include <map>

#include "os/call_state.h"
#include "os/proc_tasks.h"
#include "python/gil.h"
#include "python/page_memory.h"
#include "python/thread_names.h"

namespace strobe::workflow {
namespace {

// Some 2 us each while a running thread is stopped.
constexpr size_t kMaxVariables = 512;

/// Whether the thread sleeps on one of the words of that GIL.
bool waits_for(const ThreadLook& look, const python::Gil& gil) {
  if (!look.blocked || !look.blocked->call || !os::is_futex(*look.blocked->call)) return false;
  const uint64_t address = look.blocked->arguments[0];
  return address >= gil.wait_begin && address < gil.wait_end;
}

/// By the thread's id in its PID namespace, its place in the process.
std::map<pid_t, size_t> places_of(const record::PythonProcess& python,
                                  const std::vector<const ThreadLook*>& looks) {
  std::map<pid_t, size_t> places;
  for (size_t i = 0; i < looks.size(); ++i) {
    const pid_t tid = looks[i]->tid;
    places[python.own_namespace ? tid : os::read_namespace_id(looks[i]->pid, tid).value_or(tid)] = i;
  }
  return places;
}

void read_variables(record::PythonProcess& python, ThreadLook& look) {
  const auto& addresses = python.frames.frame_addresses();
  const auto& frames = look.python.frames;
  python::PageMemory pages(python.memory);  // types and names are the same ones again and again
  size_t read = 0;
  for (size_t i = 0; i < std::min(addresses.size(), frames.size()) && read < kMaxVariables; ++i) {
    look.locals.push_back(python::read_locals(pages, python.frames.runtime(), addresses[i], frames[i].code));
    read += look.locals.back().variables.size();
  }
}

DumpedLocals to_dump(const python::LocalVariables& locals) {
  DumpedLocals dumped{.variables = {}, .left_out = locals.left_out};
  for (const python::LocalVariable& variable : locals.variables)
    dumped.variables.push_back({variable.name, variable.value});
  return dumped;
}

}  // namespace

void read_python_part(record::PythonTargets& targets, bool locals, ThreadLook& look) {
  look.locals.clear();
  const PythonLook thread{.pid = look.pid,
                          .tid = look.tid,
                          .stopped = true,
                          .registers = look.has_registers ? &look.registers : nullptr};
  look.has_python = targets.read_frames(thread, look.python);
  if (!locals || !look.has_python) return;
  if (record::PythonProcess* python = targets.find(look.pid)) read_variables(*python, look);
}

void add_python_frames(const ThreadLook& look, const std::vector<FrameId>& rows, bool locals,
                       DumpedThread& thread) {
  thread.python_outcome = look.python.outcome;
  const std::vector<FrameId>& named = look.python.named;
  std::vector<size_t> shown;  // of the frames read
  for (size_t i = 0; i < named.size(); ++i) {
    if (!named[i].is_none()) shown.push_back(i);
  }
  std::vector<size_t> places;  // of those, in thread.frames
  for (size_t i = 0; i < rows.size() && places.size() < shown.size(); ++i) {
    if (rows[i] == named[shown[places.size()]]) places.push_back(i);
  }
  const bool all = places.size() == shown.size() && !look.python.nameless;
  if (!all && thread.python_outcome == PythonOutcome::full) thread.python_outcome = PythonOutcome::partial;
  if (!locals) return;
  thread.frames_without_locals = shown.size();
  if (places.size() != shown.size()) return;
  for (size_t i = 0; i < shown.size() && shown[i] < look.locals.size(); ++i) {
    thread.frames[places[i]].locals = to_dump(look.locals[shown[i]]);
    --*thread.frames_without_locals;
  }
}

void add_python_facts(record::PythonProcess& python, const std::vector<const ThreadLook*>& looks,
                      DumpedProcess& process) {
  const python::Runtime& runtime = python.frames.runtime();
  process.python = python.version;
  const std::map<pid_t, size_t> places = places_of(python, looks);
  for (python::ThreadName& name : read_thread_names(python.memory, runtime)) {
    if (const auto place = places.find(name.native_id); place != places.end())
      process.threads[place->second].python_name = std::move(name.name);
  }
  for (const python::Gil& gil : find_gils(python.memory, runtime)) {
    for (size_t i = 0; i < looks.size(); ++i) {
      if (!waits_for(*looks[i], gil)) continue;
      process.threads[i].state = ThreadState::gil;
      process.threads[i].python_state = PythonState::gil_wait;
      process.gil_waiters.push_back(looks[i]->tid);
    }
  }
  for (size_t i = 0; i < looks.size(); ++i) {
    if (looks[i]->has_python && looks[i]->python.holds_gil) process.gil_holders.push_back(looks[i]->tid);
  }
}

}  // namespace strobe::workflow
