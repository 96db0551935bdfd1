#include "record/python_thread_names.h"

#include <iterator>

#include "python/thread_names.h"

namespace strobe::record {
namespace {

constexpr uint64_t kIntervalNs = 50'000'000;  // one look takes some hundred microseconds
/// A thread enters itself into `threading`'s table some time after it began, and the table may change under a
/// look.
constexpr unsigned kLooks = 8;

}  // namespace

void PythonThreadNames::seen(pid_t pid, pid_t tid) {
  if (pid == tid) return;  // the main thread goes by the program's name
  Process& process = processes_[pid];
  if (!process.known.contains(tid)) process.unnamed.emplace(tid, kLooks);
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
      if (process.unnamed.erase(tid) == 0) continue;
      tracker.name_thread(pid, tid, name.name);
      process.known.insert(tid);
    }
    for (auto thread = process.unnamed.begin(); thread != process.unnamed.end();) {
      const bool more = --thread->second > 0;
      if (!more) process.known.insert(thread->first);
      thread = more ? std::next(thread) : process.unnamed.erase(thread);
    }
  }
}

}  // namespace strobe::record
