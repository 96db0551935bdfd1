#include "os/own_facts.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/unique_fd.h"
#include "os/procfs.h"
#include "os/tracepoint.h"

namespace strobe::os {
namespace {

std::optional<int64_t> read_number(const std::string& path) {
  const auto text = read_proc_file(path, 32);
  if (!text) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

uint64_t hard_limit(__rlimit_resource resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_max : 0;
}

uint64_t soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : 0;
}

/// What kind of container this looks like, by the files that the common ones leave; "container" where only
/// the control group tells.
std::string find_container() {
  if (::access("/.dockerenv", F_OK) == 0) return "docker";
  if (::access("/run/.containerenv", F_OK) == 0) return "podman";
  if (const auto name = read_proc_file("/run/systemd/container", 64); name && !name->empty()) {
    return name->substr(0, name->find('\n'));
  }
  const auto group = read_proc_file("/proc/1/cgroup", 4096);
  if (!group) return {};
  constexpr std::array<std::pair<const char*, const char*>, 5> kSigns = {{{"kubepods", "kubernetes"},
                                                                          {"docker", "docker"},
                                                                          {"libpod", "podman"},
                                                                          {"lxc", "lxc"},
                                                                          {"containerd", "container"}}};
  for (const auto& [sign, name] : kSigns) {
    if (group->find(sign) != std::string::npos) return name;
  }
  return {};
}

/// The first namespace maps all ids to themselves.
bool in_user_namespace() {
  const auto map = read_proc_file("/proc/self/uid_map", 256);
  if (!map) return false;
  std::string words;
  for (const char c : *map) {
    if (c != ' ' && c != '\n')
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  return words != "0 0 4294967295 ";
}

uint64_t parse_hex(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

std::string_view find_status_value(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    std::string_view line = status.substr(0, status.find('\n'));
    status.remove_prefix(std::min(line.size() + 1, status.size()));
    if (!line.starts_with(name) || line.substr(name.size()).substr(0, 1) != ":") continue;
    line.remove_prefix(name.size() + 1);
    const size_t begin = line.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
  }
  return {};
}

SystemSettings read_settings() {
  const std::string kernel = "/proc/sys/kernel/";
  return {.perf_event_paranoid = read_number(kernel + "perf_event_paranoid"),
          .perf_event_mlock_kb = read_number(kernel + "perf_event_mlock_kb"),
          .yama_ptrace_scope = read_number(kernel + "yama/ptrace_scope"),
          .kptr_restrict = read_number(kernel + "kptr_restrict"),
          .unprivileged_bpf_disabled = read_number(kernel + "unprivileged_bpf_disabled")};
}

OwnFacts read_own_facts() {
  OwnFacts facts;
  facts.user_id = ::geteuid();
  std::array<char, 4096> program{};
  const ssize_t size = ::readlink("/proc/self/exe", program.data(), program.size());
  facts.program =
      size > 0 ? quote_command_line(std::string_view(program.data(), static_cast<size_t>(size))) : "strobe";
  if (const auto status = read_proc_file("/proc/self/status")) {
    facts.capabilities = parse_hex(find_status_value(*status, "CapEff"));
    facts.no_new_privs = find_status_value(*status, "NoNewPrivs") == "1";
    facts.seccomp = find_status_value(*status, "Seccomp") == "2";
  }
  facts.user_namespace = in_user_namespace();
  facts.container = find_container();
  facts.locked_memory_bytes = soft_limit(RLIMIT_MEMLOCK);
  facts.open_files = hard_limit(RLIMIT_NOFILE);
  return facts;
}

bool kernel_addresses_are_visible() {
  const UniqueFd file(::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  if (!file) return false;
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return false;
  std::string_view rest(text.data(), static_cast<size_t>(size));
  while (!rest.empty()) {  // per-CPU symbols may truly be at 0: any other address tells
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (parse_hex(line.substr(0, line.find(' '))) != 0) return true;
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return false;
}

TracepointNumber read_switch_tracepoint() {
  TracepointNumber number;
  const auto text = read_tracefs_file("events/sched/sched_switch/id");
  if (!text) {
    number.read = {Attempt::Outcome::refused, text.error().sys_errno};
    return number;
  }
  const bool read = std::from_chars(text->data(), text->data() + text->size(), number.id).ec == std::errc{};
  number.read = read ? Attempt{Attempt::Outcome::worked} : Attempt{Attempt::Outcome::refused, EIO};
  return number;
}

Attempt try_write_folder(const std::string& path) {
  std::string folder = path;
  while (::access(folder.c_str(), F_OK) != 0 && errno == ENOENT && folder.find('/') != std::string::npos &&
         folder.size() > 1) {
    folder.resize(std::max<size_t>(folder.rfind('/'), 1));
  }
  const std::string file = fmt::format("{}/.strobe-doctor-{}", folder, ::getpid());
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return {Attempt::Outcome::refused, errno};
  ::unlink(file.c_str());
  return {Attempt::Outcome::worked};
}

bool has_debuginfod_library() {
  void* library = ::dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return false;
  ::dlclose(library);
  return true;
}

}  // namespace strobe::os
