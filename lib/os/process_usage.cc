#include "os/process_usage.h"

#include <fmt/format.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <limits>

#include "os/procfs.h"

namespace strobe::os {
namespace {

/// The value of a line "FIELD:   123 kB", in bytes; `field` begins with a newline, for names of processes are
/// on a line of their own, escaped.
std::optional<uint64_t> find_bytes(std::string_view text, std::string_view field) {
  const size_t at = text.find(field);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + field.size());
  text = text.substr(0, text.find('\n'));
  const size_t digits = text.find_first_not_of("\t ");
  if (digits == std::string_view::npos) return std::nullopt;
  text.remove_prefix(digits);
  uint64_t kilobytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), kilobytes);
  if (error != std::errc{} || std::string_view(end, text.data() + text.size()) != " kB") return std::nullopt;
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max() >> 2;  // what a recording can hold
  return kilobytes <= kMost / 1024 ? std::optional(kilobytes * 1024) : std::nullopt;
}

}  // namespace

std::optional<ResidentMemory> decode_resident_memory(std::string_view status) {
  const auto peak = find_bytes(status, "\nVmHWM:");
  const auto rss = find_bytes(status, "\nVmRSS:");
  const auto anonymous = find_bytes(status, "\nRssAnon:");
  const auto file = find_bytes(status, "\nRssFile:");
  const auto shmem = find_bytes(status, "\nRssShmem:");
  if (!peak || !rss || !anonymous || !file || !shmem) return std::nullopt;
  return ResidentMemory{.rss_bytes = *rss,
                        .anonymous_bytes = *anonymous,
                        .file_bytes = *file,
                        .shmem_bytes = *shmem,
                        .swap_bytes = find_bytes(status, "\nVmSwap:").value_or(0),
                        .peak_rss_bytes = *peak};
}

std::optional<ResidentMemory> read_resident_memory(pid_t pid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/status", pid), 16'384);
  return text ? decode_resident_memory(*text) : std::nullopt;
}

std::optional<SharedMemory> decode_shared_memory(std::string_view rollup) {
  const auto pss = find_bytes(rollup, "\nPss:");
  const auto clean = find_bytes(rollup, "\nPrivate_Clean:");
  const auto dirty = find_bytes(rollup, "\nPrivate_Dirty:");
  if (!pss || !clean || !dirty) return std::nullopt;
  return SharedMemory{.pss_bytes = *pss, .private_bytes = *clean + *dirty};
}

std::optional<SharedMemory> read_shared_memory(pid_t pid) {
  const auto text = read_proc_file(fmt::format("/proc/{}/smaps_rollup", pid), 8192);
  return text ? decode_shared_memory(*text) : std::nullopt;
}

std::optional<PageFaults> read_page_faults(pid_t pid) {
  const auto stat = read_process_stat(pid);
  if (!stat) return std::nullopt;
  return PageFaults{.minor = stat->minor_faults, .major = stat->major_faults};
}

bool share_memory(pid_t a, pid_t b) { return ::syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0) == 0; }

}  // namespace strobe::os
