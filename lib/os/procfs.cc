#include "os/procfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "os/hints.h"

namespace strobe::os {
namespace {

constexpr size_t kCommandLineLimit = 4096;

/// The next space-separated field, cut off the front of `text`.
std::string_view next_field(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(" \n"), text.size());
  const size_t end = std::min(text.find_first_of(" \n", begin), text.size());
  const std::string_view field = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return field;
}

template <class Number>
bool parse(std::string_view field, Number& out) {
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
  return error == std::errc() && end == field.data() + field.size();
}

/// "Tgid:\t12" style lines of /proc/PID/status.
std::optional<pid_t> find_status_number(std::string_view status, std::string_view key) {
  const size_t at = status.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  status.remove_prefix(at + key.size());
  status.remove_prefix(std::min(status.find_first_not_of("\t "), status.size()));
  pid_t number = 0;
  if (!parse(status.substr(0, std::min(status.find('\n'), status.size())), number)) return std::nullopt;
  return number;
}

void append_quoted(std::string_view argument, std::string& out) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%^";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string_view::npos) {
    out += argument;
    return;
  }
  out += '\'';
  for (const char byte : argument) {
    if (byte == '\'') {
      out += "'\\''";
    } else {
      out += byte;
    }
  }
  out += '\'';
}

}  // namespace

Result<std::string> read_proc_file(const std::string& path, size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return from_errno("open " + path);
  std::string text;
  char buffer[4096];
  while (text.size() < limit) {
    const ssize_t got = ::read(fd.get(), buffer, std::min(sizeof buffer, limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno("read " + path);
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

std::optional<ProcStat> decode_stat(std::string_view text) {
  ProcStat stat;
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  std::string_view head = text.substr(0, open);
  if (!parse(next_field(head), stat.id)) return std::nullopt;
  stat.comm = std::string(text.substr(open + 1, close - open - 1));
  std::string_view rest = text.substr(close + 1);
  const std::string_view state = next_field(rest);
  if (state.size() != 1) return std::nullopt;
  stat.state = state[0];
  if (!parse(next_field(rest), stat.parent_pid)) return std::nullopt;
  // proc_pid_stat(5): 9 flags, 10 minflt, 12 majflt, 14 utime, 15 stime, 22 starttime, 39 processor; we are
  // behind field 4.
  for (int number = 5; number <= 39; ++number) {
    const std::string_view field = next_field(rest);
    bool good = true;
    if (number == 9) good = parse(field, stat.flags);
    if (number == 10) good = parse(field, stat.minor_faults);
    if (number == 12) good = parse(field, stat.major_faults);
    if (number == 14) good = parse(field, stat.user_ticks);
    if (number == 15) good = parse(field, stat.system_ticks);
    if (number == 22) good = parse(field, stat.start_ticks);
    if (number == 39) good = parse(field, stat.cpu);
    if (!good) return std::nullopt;
  }
  return stat;
}

namespace {

Result<ProcStat> read_stat_file(const std::string& path) {
  const auto text = read_proc_file(path, 4096);
  if (!text) {
    // A process that is gone has no directory (ENOENT) or one that answers nothing (ESRCH).
    const int sys_errno = text.error().sys_errno;
    if (sys_errno == ENOENT || sys_errno == ESRCH) return fail(ErrorCode::gone, text.error().what);
    return tl::unexpected<Error>(text.error());
  }
  auto stat = decode_stat(*text);
  if (!stat) return fail(ErrorCode::malformed, path + " cannot be understood");
  return *std::move(stat);
}

}  // namespace

Result<ProcStat> read_stat(pid_t pid, pid_t tid) {
  return read_stat_file(fmt::format("/proc/{}/task/{}/stat", pid, tid));
}

Result<ProcStat> read_process_stat(pid_t pid) { return read_stat_file(fmt::format("/proc/{}/stat", pid)); }

Result<ProcessTimes> read_process_times(pid_t pid) {
  auto stat = read_process_stat(pid);
  if (!stat) return pass(std::move(stat));
  const uint64_t tick_ns = kNsPerSecond / static_cast<uint64_t>(std::max(::sysconf(_SC_CLK_TCK), 1L));
  return ProcessTimes{.user_ns = stat->user_ticks * tick_ns, .system_ns = stat->system_ticks * tick_ns};
}

std::optional<SchedStat> decode_schedstat(std::string_view text) {
  SchedStat stat;
  for (uint64_t* field : {&stat.run_ns, &stat.wait_ns, &stat.slices}) {
    if (!parse(next_field(text), *field)) return std::nullopt;
  }
  return stat;
}

Result<std::string> read_comm(pid_t pid, pid_t tid) {
  auto text = read_proc_file(fmt::format("/proc/{}/task/{}/comm", pid, tid), 256);
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

std::string quote_command_line(std::string_view arguments) {
  std::string text;
  if (arguments.ends_with('\0')) arguments.remove_suffix(1);
  for (bool first = true; first || !arguments.empty(); first = false) {
    const size_t end = std::min(arguments.find('\0'), arguments.size());
    if (!first) text += ' ';
    append_quoted(arguments.substr(0, end), text);
    const bool last = end == arguments.size();
    arguments.remove_prefix(std::min(end + 1, arguments.size()));
    if (!last && arguments.empty()) text += " ''";  // an empty last argument
  }
  return text;
}

Result<std::string> read_command_line(pid_t pid) {
  auto text = read_proc_file(fmt::format("/proc/{}/cmdline", pid), kCommandLineLimit + 1);
  if (!text) return text;
  if (text->empty()) {  // kernel threads and zombies have none
    auto comm = read_comm(pid, pid);
    if (!comm) return comm;
    return "[" + *comm + "]";
  }
  const bool cut = text->size() > kCommandLineLimit;
  if (cut) text->resize(kCommandLineLimit);
  return quote_command_line(*text) + (cut ? " …" : "");
}

Result<pid_t> read_thread_group(pid_t tid) {
  auto status = read_proc_file(fmt::format("/proc/{}/status", tid), 8192);
  if (!status) return fail(ErrorCode::gone, fmt::format("thread {} is gone", tid));
  const auto group = find_status_number(*status, "\nTgid:");
  if (!group) return fail(ErrorCode::malformed, fmt::format("/proc/{}/status cannot be understood", tid));
  return *group;
}

Result<void> check_target(pid_t pid) {
  const auto no_process = [&] {
    return fail(ErrorCode::not_found, fmt::format("there is no process {}", pid),
                "see the running ones with: ps -e" + doctor_hint());
  };
  if (pid <= 0) return no_process();
  if (pid == ::getpid()) {
    return fail(ErrorCode::invalid_argument, fmt::format("process {} is Strobe itself", pid),
                "give the id of another process; see the running ones with: ps -e");
  }
  auto stat = read_process_stat(pid);
  if (!stat) {
    if (stat.error().code == ErrorCode::gone) return no_process();
    return pass(std::move(stat));
  }
  if (const auto group = read_thread_group(pid); group && *group != pid) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} is a thread of process {}", pid, *group),
                fmt::format("attach to the process: {}", *group));
  }
  if (stat->is_kernel_thread()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("process {} ({}) is a kernel thread", pid, stat->comm),
                "kernel threads have no user code to profile");
  }
  if (stat->is_zombie()) {
    return fail(ErrorCode::gone, fmt::format("process {} ({}) has already ended (zombie)", pid, stat->comm),
                fmt::format("its parent, process {}, has not collected it yet", stat->parent_pid));
  }
  return {};
}

Error make_access_error(int sys_errno, pid_t pid, std::string_view what) {
  std::string hint;
  if (sys_errno == EPERM || sys_errno == EACCES) {
    hint =
        "the process belongs to another user, is set-id or has a tracer: use sudo, or give Strobe "
        "CAP_SYS_PTRACE";
    const auto scope = read_proc_file("/proc/sys/kernel/yama/ptrace_scope", 8);
    if (scope && !scope->starts_with('0')) {
      hint = fmt::format(
          "kernel.yama.ptrace_scope is {}: use sudo or give Strobe CAP_SYS_PTRACE; or start the program "
          "under `strobe "
          "run`",
          scope->substr(0, 1));
    }
  }
  if (!hint.empty()) hint += doctor_hint(pid);
  return make_errno_error(sys_errno, fmt::format("{} process {}", what, pid), std::move(hint));
}

}  // namespace strobe::os
