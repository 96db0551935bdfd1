#include "symbolize/perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "symbolize/module_files.h"

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxMapBytes = size_t{64} << 20;
constexpr size_t kMaxMapNameBytes = 4096;

/// A hexadecimal number, with or without 0x, and the blanks behind it.
bool take_hex(std::string_view& line, uint64_t& value) {
  if (line.starts_with("0x") || line.starts_with("0X")) line.remove_prefix(2);
  const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (error != std::errc{}) return false;
  line.remove_prefix(static_cast<size_t>(rest - line.data()));
  const size_t blanks = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(blanks);
  return blanks > 0;
}

/// The innermost number of a line "NSpid:\t10\t1" in /proc/PID/status: the PID in the target's own namespace.
pid_t read_namespace_pid(pid_t pid) {
  const auto status = read_text_file("/proc/" + std::to_string(pid) + "/status", size_t{64} << 10);
  if (!status) return pid;
  const size_t at = status->find("\nNSpid:");
  if (at == std::string::npos) return pid;
  std::string_view line = std::string_view(*status).substr(at + 1);
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(line.find_last_of(" \t:") + 1);
  pid_t inner = pid;
  std::from_chars(line.data(), line.data() + line.size(), inner);
  return inner;
}

}  // namespace

NamedRanges parse_perf_map(std::string_view text) {
  std::vector<NamedRange> ranges;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    uint64_t start = 0;
    uint64_t bytes = 0;
    if (!take_hex(line, start) || !take_hex(line, bytes)) continue;
    if (line.empty() || bytes == 0 || bytes > UINT64_MAX - start) continue;
    ranges.push_back({start, start + bytes, line.substr(0, kMaxMapNameBytes)});
  }
  return NamedRanges(std::move(ranges));
}

Result<PerfMap> PerfMap::open(const PerfMapPlace& place) {
  const std::string path = place.directory + "/perf-" + std::to_string(place.pid) + ".map";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return from_errno("open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno("stat " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::not_permitted, path + " is not a regular file");
  if (info.st_uid != place.owner && info.st_uid != 0) {
    return fail(ErrorCode::not_permitted, path + " belongs to a stranger",
                "a JIT map must belong to the user of the process or to root");
  }
  auto text = read_text(fd, path, kMaxMapBytes);
  if (!text) return pass(std::move(text));
  PerfMap map;
  map.text_.assign(text->begin(), text->end());
  map.ranges_ = parse_perf_map({map.text_.data(), map.text_.size()});
  return map;
}

Result<PerfMap> PerfMap::open(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  struct stat info {};
  if (::stat(process.c_str(), &info) == 0) {
    auto inside = open({process + "/root/tmp", read_namespace_pid(pid), info.st_uid});
    if (inside || inside.error().code != ErrorCode::not_found) return inside;
    return open({"/tmp", pid, info.st_uid});
  }
  // Gone: its user is not known any more; only our own user's and root's files are believed.
  return open({"/tmp", pid, ::geteuid()});
}

}  // namespace strobe::symbolize
