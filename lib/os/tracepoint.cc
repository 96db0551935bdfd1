#include "os/tracepoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/unique_fd.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr size_t kMaxFileBytes = 16 * 1024;
constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO in the kernel's linux/proc_ns.h

/// A mount of tracefs in no namespace.
Result<UniqueFd> mount_tracefs() {
  const UniqueFd context(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (!context) return from_errno("open tracefs");
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return from_errno("open tracefs");
  UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount) return from_errno("open tracefs");
  return mount;
}

std::optional<std::string_view> find_number(std::string_view text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find_first_not_of("0123456789"));
}

template <class Number>
bool parse_start(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

}  // namespace

Result<std::string> read_tracefs_file(const std::string& path) {
  Result<std::string> text = fail(ErrorCode::not_found, "tracefs is not mounted");
  for (const char* folder : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    auto read = read_proc_file(fmt::format("{}/{}", folder, path), kMaxFileBytes);
    if (read) return read;
    // Not being there at one place says less than being closed at the other.
    const bool tells_more = text.error().sys_errno == 0 || text.error().sys_errno == ENOENT;
    if (tells_more) text = pass(std::move(read));
  }
  if (text.error().sys_errno != ENOENT) return text;
  const auto mount = mount_tracefs();
  if (!mount) return text;
  return read_proc_file(fmt::format("/proc/self/fd/{}/{}", mount->get(), path), kMaxFileBytes);
}

Result<Tracepoint> read_tracepoint(const std::string& name) {
  const auto id = read_tracefs_file(fmt::format("events/{}/id", name));
  if (!id) return tl::unexpected(id.error());
  const auto format = read_tracefs_file(fmt::format("events/{}/format", name));
  if (!format) return tl::unexpected(format.error());
  Tracepoint tracepoint;
  const auto offset = find_field_offset(*format, "pid");
  if (!offset || !parse_start(*id, tracepoint.id)) {
    return fail(ErrorCode::malformed, fmt::format("the description of tracepoint {}", name));
  }
  tracepoint.pid_offset = *offset;
  return tracepoint;
}

/// Lines as "	field:pid_t pid;	offset:24;	size:4;	signed:1;".
std::optional<size_t> find_field_offset(std::string_view format, std::string_view field) {
  const std::string end = fmt::format(" {};", field);
  while (!format.empty()) {
    std::string_view line = format.substr(0, format.find('\n'));
    format.remove_prefix(std::min(line.size() + 1, format.size()));
    const size_t name = line.find(end);
    if (line.find("field:") == std::string_view::npos || name == std::string_view::npos) continue;
    line.remove_prefix(name);
    size_t offset = 0;
    const auto offset_text = find_number(line, "offset:");
    if (find_number(line, "size:") != "4" || !offset_text || !parse_start(*offset_text, offset)) continue;
    return offset;
  }
  return std::nullopt;
}

bool sees_first_pids() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == kFirstPidNamespace;
}

}  // namespace strobe::os
