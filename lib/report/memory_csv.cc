#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/clock.h"
#include "report/text_memory.h"

namespace strobe::report {
namespace {

bool is_selected(const analyze::SelectedProcesses& selected, ProcessId process) {
  return process.index() < selected.size() && selected[process.index()];
}

std::string optional_number(const std::optional<uint64_t>& number) {
  return number ? std::to_string(*number) : std::string();
}

}  // namespace

std::string write_memory_csv(const Profile& profile, const analyze::SelectedProcesses& selected) {
  std::string text =
      "time_s,pid,rss_bytes,anonymous_bytes,file_bytes,shmem_bytes,swap_bytes,peak_rss_bytes,pss_bytes,"
      "private_bytes,minor_faults,major_faults,heap_live_bytes,mapped_live_bytes\n";
  const auto begin = [&](uint64_t time_ns, ProcessId process) {
    return fmt::format("{:.6f},{},", seconds_of(time_ns), profile.processes[process.index()].pid);
  };
  // Both lists are in order of time: they are merged, and what a row does not know stays empty.
  auto point = profile.memory_points.begin();
  const auto write_points_before = [&](uint64_t time_ns) {
    for (; point != profile.memory_points.end() && point->time_ns < time_ns; ++point) {
      if (!is_selected(selected, point->process)) continue;
      text += begin(point->time_ns, point->process) +
              fmt::format(",,,,,,,,,,{},{}\n", point->live_bytes, point->mapped_bytes);
    }
  };
  for (const CounterRow& row : profile.counters) {
    write_points_before(row.time_ns);
    if (!is_selected(selected, row.process)) continue;
    text +=
        begin(row.time_ns, row.process) +
        fmt::format("{},{},{},{},{},{},{},{},{},{},,\n", row.rss_bytes, row.anonymous_bytes, row.file_bytes,
                    row.shmem_bytes, row.swap_bytes, row.peak_rss_bytes, optional_number(row.pss_bytes),
                    optional_number(row.private_bytes), row.minor_faults, row.major_faults);
  }
  write_points_before(UINT64_MAX);
  return text;
}

}  // namespace strobe::report
