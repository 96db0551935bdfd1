#include "sampling/perf/procfs_look.h"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>

#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/perf/attacher.h"

namespace strobe::sampling {
namespace {

/// What tells one program of a process from the next: its file, and its name (a script's interpreter stays).
std::string read_program(pid_t pid) {
  char path[PATH_MAX];
  const std::string link = fmt::format("/proc/{}/exe", pid);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return std::string(path, length > 0 ? static_cast<size_t>(length) : 0) + '\n' +
         os::read_comm(pid, pid).value_or("");
}

}  // namespace

std::vector<ProcfsLook::Ended> ProcfsLook::find_ended(const Plan& plan) {
  std::unordered_set<pid_t> absent;
  std::vector<Ended> ended;
  for (const pid_t pid : threads_->process_ids()) {
    const auto listed = os::list_threads(pid);
    const std::unordered_set<pid_t> live =
        listed ? std::unordered_set<pid_t>(listed->begin(), listed->end()) : std::unordered_set<pid_t>{};
    for (const auto& [tid, thread] : threads_->threads()) {
      if (thread.pid != pid || live.contains(tid)) continue;
      // Its last records may still be on their way: only who was absent last time as well has ended.
      if (plan.final || absent_.contains(tid)) {
        ended.push_back({pid, tid});
      } else {
        absent.insert(tid);
      }
    }
  }
  absent_ = std::move(absent);
  return ended;
}

void ProcfsLook::report_new(const Plan& plan, EventSink& sink) {
  std::vector<pid_t> work = threads_->process_ids();
  for (size_t i = 0; i < work.size(); ++i) report_process_news(plan, work[i], work, sink);
}

void ProcfsLook::report_process_news(const Plan& plan, pid_t pid, std::vector<pid_t>& work, EventSink& sink) {
  const auto live = os::list_threads(pid);
  if (!live || live->empty()) return;
  if (!programs_.empty()) report_program(pid, plan.time_ns, sink);
  for (const pid_t tid : *live) {
    if (threads_->find(tid) == nullptr) {
      threads_->add(pid, tid);
      found_.insert(tid);
      report_existing_thread(sink, pid, tid, plan.time_ns);
    }
    if (!plan.follow_children) continue;
    for (const pid_t child : os::list_child_processes(pid, tid)) {
      if (threads_->find(child) != nullptr || child == ::getpid()) continue;
      threads_->add(child, child);
      found_.insert(child);
      report_existing_thread(sink, child, child, plan.time_ns);
      work.push_back(child);
    }
  }
  report_mappings(sink, pid, plan.time_ns);
}

void ProcfsLook::report_program(pid_t pid, uint64_t time_ns, EventSink& sink) {
  std::string program = read_program(pid);
  const auto known = programs_.find(pid);
  if (known != programs_.end() && known->second == program) return;
  const KnownThread* main = threads_->find(pid);
  const bool another = known != programs_.end() || (main != nullptr && main->waits_for_exec);
  if (another) {
    threads_->exec(pid);
    const std::string name = program.substr(program.find('\n') + 1);
    sink.on_comm({.time_ns = time_ns, .pid = pid, .tid = pid, .name = name, .exec = true});
  }
  programs_[pid] = std::move(program);
}

void ProcfsLook::note_programs() {
  programs_.clear();
  for (const pid_t pid : threads_->process_ids()) programs_[pid] = read_program(pid);
}

void ProcfsLook::report_process(pid_t pid, uint64_t time_ns, EventSink& sink) {
  threads_->add(pid, pid);
  found_.insert(pid);
  report_existing_thread(sink, pid, pid, time_ns);
  report_mappings(sink, pid, time_ns);
}

}  // namespace strobe::sampling
