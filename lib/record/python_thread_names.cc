#include "record/python_thread_names.h"

#include "python/thread_names.h"

namespace strobe::record {
namespace {

constexpr uint64_t kIntervalNs = 50'000'000;  // one look takes some hundred microseconds

}  // namespace

void PythonThreadNames::seen(pid_t pid, pid_t tid) {
  if (pid == tid) return;  // the main thread goes by the program's name
  Process& process = processes_[pid];
  if (!process.known.contains(tid)) process.unnamed.insert(tid);
}

void PythonThreadNames::refresh(uint64_t now_ns, const PythonTargets& targets, TargetTracker& tracker) {
  for (auto& [pid, process] : processes_) {
    if (process.unnamed.empty() || now_ns < process.next_look_ns) continue;
    PythonProcess* python = targets.find(pid);
    if (python == nullptr) continue;
    process.next_look_ns = now_ns + kIntervalNs;
    for (const python::ThreadName& name :
         python::read_thread_names(python->memory, python->frames.runtime())) {
      const pid_t tid = python->outer_tid(name.native_id);
      if (process.unnamed.contains(tid)) tracker.name_thread(pid, tid, name.name);
    }
    // Those that `threading` does not know are not looked up again.
    process.known.merge(process.unnamed);
    process.unnamed.clear();
  }
}

}  // namespace strobe::record
