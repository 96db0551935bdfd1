#include "workflow/dump_python.h"

#include <map>

#include "os/call_state.h"
#include "os/proc_tasks.h"
#include "python/gil.h"
#include "python/thread_names.h"

namespace strobe::workflow {
namespace {

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

}  // namespace

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
