#include "os/proc_tasks.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "os/open_folder.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr size_t kMaxChildrenText = 1 << 20;
constexpr int kMaxCpu = 8191;  // the kernel's own limit on x86-64 (CONFIG_NR_CPUS)

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cuts the text before `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

}  // namespace

Result<std::vector<pid_t>> list_threads(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/task", pid);
  const OpenFolder folder(::opendir(path.c_str()));
  if (folder == nullptr) return from_errno("open " + path, "is the process still running?");
  std::vector<pid_t> threads;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (const auto tid = parse_number<pid_t>(entry->d_name)) threads.push_back(*tid);
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

std::optional<pid_t> read_namespace_id(pid_t pid, pid_t tid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/task/{}/status", pid, tid), 16'384);
  if (!text) return std::nullopt;
  constexpr std::string_view kField = "\nNSpid:";  // an id for each namespace, from ours to its own
  const size_t begin = text->find(kField);
  if (begin == std::string::npos) return std::nullopt;
  std::string_view ids = std::string_view(*text).substr(begin + kField.size());
  ids = ids.substr(0, ids.find('\n'));
  return parse_number<pid_t>(ids.substr(ids.find_last_of("\t ") + 1));
}

std::vector<pid_t> list_child_processes(pid_t pid, pid_t tid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/task/{}/children", pid, tid), kMaxChildrenText);
  std::vector<pid_t> children;
  if (!text) return children;
  for (std::string_view rest = *text; !rest.empty();) {
    if (const auto child = parse_number<pid_t>(take_part(rest, ' '))) children.push_back(*child);
  }
  return children;
}

pid_t read_parent_pid(pid_t pid) {
  const auto stat = read_process_stat(pid);
  return stat ? stat->parent_pid : 0;
}

std::optional<SchedStat> read_thread_schedstat(pid_t pid, pid_t tid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/task/{}/schedstat", pid, tid), 256);
  return text ? decode_schedstat(*text) : std::nullopt;
}

std::optional<uint64_t> read_thread_run_ns(pid_t pid, pid_t tid) {
  const auto stat = read_thread_schedstat(pid, tid);
  return stat ? std::optional(stat->run_ns) : std::nullopt;
}

std::optional<std::pair<uint64_t, uint64_t>> decode_thread_switches(std::string_view status) {
  const auto find = [&](std::string_view field) -> std::optional<uint64_t> {
    const size_t begin = status.find(field);
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view line = status.substr(begin + field.size());
    line = line.substr(0, line.find('\n'));
    return parse_number<uint64_t>(line.substr(line.find_last_of("\t ") + 1));
  };
  const auto voluntary = find("\nvoluntary_ctxt_switches:");
  const auto forced = find("\nnonvoluntary_ctxt_switches:");
  if (!voluntary || !forced) return std::nullopt;
  return std::pair(*voluntary, *forced);
}

std::optional<std::pair<uint64_t, uint64_t>> read_thread_switches(pid_t pid, pid_t tid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/task/{}/status", pid, tid), 16'384);
  return text ? decode_thread_switches(*text) : std::nullopt;
}

std::optional<uint64_t> read_process_run_ns(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<uint64_t>(time.tv_sec) * kNsPerSecond + static_cast<uint64_t>(time.tv_nsec);
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  if (text.ends_with('\n')) text.remove_suffix(1);
  while (!text.empty()) {
    std::string_view part = take_part(text, ',');
    const auto first = parse_number<int>(take_part(part, '-'));
    const auto last = part.empty() ? first : parse_number<int>(part);
    if (!first || !last || *first < 0 || *last > kMaxCpu) continue;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::vector<int> list_online_cpus() {
  std::vector<int> cpus;
  if (const auto text = read_proc_file("/sys/devices/system/cpu/online")) cpus = parse_cpu_list(*text);
  if (!cpus.empty()) return cpus;
  const long count = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));  // no sysfs, as in some containers
  for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  return cpus;
}

}  // namespace strobe::os
