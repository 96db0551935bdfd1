#include "sampling/ptrace/map_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "os/procfs.h"

namespace strobe::sampling {
namespace {

constexpr uint64_t kMinIntervalInCosts = 10;

/// As text, for it is only compared; empty when the process is gone.
std::string read_address_space_size(pid_t pid) {
  auto statm = os::read_proc_file(fmt::format("/proc/{}/statm", pid), 128);
  return statm ? statm->substr(0, statm->find(' ')) : std::string();
}

void report(const os::ProcMapping& mapping, pid_t pid, EventSink& sink, uint64_t time_ns) {
  MapEvent event;
  event.time_ns = time_ns;
  event.pid = pid;
  event.tid = pid;
  event.start = mapping.start;
  event.size = mapping.end - mapping.start;
  event.file_offset = mapping.file_offset;
  event.device_major = mapping.device_major;
  event.device_minor = mapping.device_minor;
  event.inode = mapping.inode;
  event.path = mapping.path;
  sink.on_map(event);
}

}  // namespace

void MapWatch::refresh(pid_t pid, EventSink& sink, uint64_t time_ns) {
  // The size first: a mapping made in between is then seen as a change next time.
  statm_size_ = read_address_space_size(pid);
  refreshed_ns_ = time_ns;
  const uint64_t begin_ns = monotonic_now_ns();
  if (auto mappings = os::read_proc_maps(pid)) update(std::move(*mappings), pid, sink, time_ns);
  refresh_cost_ns_ = monotonic_now_ns() - begin_ns;
}

void MapWatch::refresh_if_resized(pid_t pid, EventSink& sink, uint64_t time_ns) {
  if (time_ns < refreshed_ns_ + kMinIntervalInCosts * refresh_cost_ns_) return;
  if (read_address_space_size(pid) != statm_size_) refresh(pid, sink, time_ns);
}

void MapWatch::update(std::vector<os::ProcMapping> mappings, pid_t pid, EventSink& sink, uint64_t time_ns) {
  std::erase_if(mappings, [](const os::ProcMapping& mapping) { return !mapping.executable; });
  // An exiting process shows no mappings at all; its last samples still want the old ones.
  if (mappings.empty() || mappings == known_) return;
  for (const os::ProcMapping& mapping : mappings) {
    if (std::find(known_.begin(), known_.end(), mapping) == known_.end()) report(mapping, pid, sink, time_ns);
  }
  known_ = std::move(mappings);
}

bool MapWatch::contains(uint64_t address) const {
  return std::any_of(known_.begin(), known_.end(), [address](const os::ProcMapping& mapping) {
    return mapping.start <= address && address < mapping.end;
  });
}

}  // namespace strobe::sampling
