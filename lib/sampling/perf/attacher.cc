#include "sampling/perf/attacher.h"

#include <unistd.h>

#include <algorithm>

#include "os/proc_maps.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/perf/event_attributes.h"

namespace strobe::sampling {
namespace {

// A target that starts threads faster than we can open them would keep us here for ever.
constexpr int kMaxRounds = 50;

/// A refusal is the target's here: that perf events are allowed as such was found out before.
tl::unexpected<Error> make_target_error(const Error& error, pid_t pid) {
  return tl::unexpected<Error>(is_refusal(error) ? os::make_access_error(error.sys_errno, pid, "sample")
                                                 : error);
}

}  // namespace

Attacher::Attacher(const AttachPlan& plan, const RingSet* rings, TargetEvents* events, ThreadTable* threads)
    : plan_(plan), rings_(rings), events_(events), threads_(threads) {
  for (size_t i = 0; i < rings->size(); ++i) readers_.emplace_back(rings->data(i));
}

Result<void> Attacher::open_all(const std::vector<pid_t>& pids) {
  std::vector<pid_t> work = pids;
  std::set<pid_t> known(pids.begin(), pids.end());
  known.insert(::getpid());  // whose parent may be a target: Strobe does not profile itself
  for (size_t i = 0; i < work.size(); ++i) {
    const pid_t pid = work[i];
    auto opened = open_process(pid);
    if (!opened) {
      const ErrorCode code = opened.error().code;
      const bool gone = code == ErrorCode::gone || code == ErrorCode::not_found;
      if (!gone || pids.size() == 1) {
        if (i < pids.size()) return make_target_error(opened.error(), pid);
      }
      continue;  // a child that ended or changed its user: the rest can be recorded all the same
    }
    if (!plan_.follow_children) continue;
    const auto threads = os::list_threads(pid);
    if (!threads) continue;
    for (const pid_t tid : *threads) {
      for (const pid_t child : os::list_child_processes(pid, tid)) {
        if (known.insert(child).second) work.push_back(child);
      }
    }
  }
  if (opened_.empty()) {
    return fail(ErrorCode::gone, "none of the processes has a thread that can be recorded");
  }
  return {};
}

Result<void> Attacher::open_process(pid_t pid) {
  for (int round = 0; round < kMaxRounds; ++round) {
    auto more = open_new_threads(pid);
    if (!more) return pass(std::move(more));
    if (!*more) break;
  }
  return {};
}

Result<bool> Attacher::open_new_threads(pid_t pid) {
  auto threads = os::list_threads(pid);
  if (!threads) return pass(std::move(threads));
  look_for_births();  // after the listing: who is on the list by inheritance has left its record by now
  bool any = false;
  for (const pid_t tid : *threads) {
    if (!seen_.insert(tid).second) continue;
    auto opened = open_one(pid, tid);
    if (!opened) return pass(std::move(opened));
    any = any || *opened;
  }
  return any;
}

Result<bool> Attacher::open_one(pid_t pid, pid_t tid) {
  const auto birth = births_.find(tid);
  // Born while its parent was being opened, it inherited the events of some CPUs only.
  const auto missing = [&](size_t cpu_index) {
    if (birth == births_.end()) return true;
    return events_->opened_ns(birth->second.parent_tid, cpu_index) > birth->second.time_ns;
  };
  if (birth != births_.end()) {
    bool any = false;
    for (size_t i = 0; i < rings_->size(); ++i) any = any || missing(i);
    if (!any) return false;
  }
  auto opened = events_->open_thread(tid, plan_.sample, missing);
  if (!opened) {
    if (opened.error().code == ErrorCode::gone) return true;  // as is a main thread that left others behind
    return pass(std::move(opened));
  }
  threads_->add(pid, tid);
  opened_.emplace_back(pid, tid);
  return true;
}

void Attacher::look_for_births() {
  for (size_t i = 0; i < readers_.size(); ++i) {
    RingReader& reader = readers_[i];
    reader.extend_to(rings_->read_head(i));
    for (Bytes bytes = reader.front(); !bytes.empty(); reader.pop(), bytes = reader.front()) {
      const auto record = decode_record(bytes, plan_.layout);
      if (!record) continue;
      const auto* fork = std::get_if<ForkEvent>(&*record);
      if (fork != nullptr) births_[fork->tid] = {.time_ns = fork->time_ns, .parent_tid = fork->parent_tid};
    }
  }
}

void Attacher::report(EventSink& sink, uint64_t time_ns) const {
  std::set<pid_t> processes;
  for (const auto& [pid, tid] : opened_) {
    if (processes.insert(pid).second) {
      report_existing_thread(sink, pid, pid, time_ns);
      report_mappings(sink, pid, time_ns);
    }
    if (tid != pid) report_existing_thread(sink, pid, tid, time_ns);
  }
}

void report_existing_thread(EventSink& sink, pid_t pid, pid_t tid, uint64_t time_ns) {
  const pid_t parent = tid == pid ? os::read_parent_pid(pid) : pid;
  sink.on_fork({.time_ns = time_ns,
                .pid = pid,
                .tid = tid,
                .parent_pid = parent,
                .parent_tid = parent,
                .existing = true});
  if (const auto name = os::read_comm(pid, tid)) {
    sink.on_comm({.time_ns = time_ns, .pid = pid, .tid = tid, .name = *name});
  }
}

void report_mappings(EventSink& sink, pid_t pid, uint64_t time_ns) {
  const auto mappings = os::read_proc_maps(pid);
  if (!mappings) return;  // the process is gone or not ours to look at
  for (const os::ProcMapping& mapping : *mappings) {
    if (!mapping.executable) continue;
    sink.on_map({.time_ns = time_ns,
                 .pid = pid,
                 .tid = pid,
                 .start = mapping.start,
                 .size = mapping.end - mapping.start,
                 .file_offset = mapping.file_offset,
                 .device_major = mapping.device_major,
                 .device_minor = mapping.device_minor,
                 .inode = mapping.inode,
                 .path = mapping.path,
                 .build_id = {}});
  }
}

}  // namespace strobe::sampling
