#include "analyze/remedies.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace strobe::analyze {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 5> kCapabilities = {{{"PERFMON", CAP_PERFMON},
                                                                            {"BPF", CAP_BPF},
                                                                            {"SYS_PTRACE", CAP_SYS_PTRACE},
                                                                            {"SYSLOG", CAP_SYSLOG},
                                                                            {"IPC_LOCK", CAP_IPC_LOCK}}};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool in_container(const OwnFacts& own) { return !own.container.empty() || own.user_namespace; }

std::string container_option(const OwnFacts& own, std::string_view capability) {
  if (own.container == "kubernetes") {
    return fmt::format("in the pod's securityContext: capabilities: add: [\"{}\"]", capability);
  }
  const char* tool = own.container == "podman" ? "podman" : "docker";
  const std::string option = fmt::format("{} run --cap-add {} …", tool, capability);
  // Only root has what was added for the container.
  if (own.user_id != 0) return "run Strobe as root of the container, started with: " + option;
  return "start the container with: " + option;
}

}  // namespace

RefusalCause cause_of_perf_refusal(const MachineFacts& facts, const Attempt& attempt) {
  switch (attempt.sys_errno) {
    case EPERM:  // the kernel's own refusal is EACCES; a filter answers EPERM
      return facts.own.seccomp || !facts.own.container.empty() ? RefusalCause::seccomp : RefusalCause::other;
    case EACCES:
      return has_capability(facts.own, "PERFMON") ? RefusalCause::other : RefusalCause::paranoid;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return RefusalCause::resource;
    case ENOSYS:  // also what some filters answer
      return facts.own.seccomp ? RefusalCause::seccomp : RefusalCause::absent;
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
    case EINVAL:
      return RefusalCause::absent;
    default:
      return RefusalCause::other;
  }
}

bool has_capability(const OwnFacts& own, std::string_view capability) {
  const auto has = [&](int bit) { return (own.capabilities >> bit & 1) != 0; };
  for (const auto& [name, bit] : kCapabilities) {
    if (name == capability) return has(bit);
  }
  return false;
}

std::string sysctl_command(const OwnFacts& own, std::string_view setting) {
  if (in_container(own)) return fmt::format("on the host of this container: sudo sysctl {}", setting);
  return fmt::format("{}sysctl {}", own.user_id == 0 ? "" : "sudo ", setting);
}

std::vector<std::string> capability_remedies(const OwnFacts& own, std::string_view capability) {
  if (has_capability(own, capability)) return {};
  if (in_container(own)) return {container_option(own, capability)};
  if (own.no_new_privs) {
    return {
        fmt::format("start Strobe outside of what set no_new_privs, with CAP_{}: sudo and setcap are "
                    "without effect in here",
                    capability)};
  }
  if (own.user_id == 0) return {fmt::format("start Strobe with CAP_{}, which was taken away", capability)};
  return {fmt::format("sudo setcap cap_{}+ep {}", lower(capability), own.program),
          "run Strobe as root, by sudo"};
}

std::vector<std::string> bpf_remedies(const OwnFacts& own) {
  if (in_container(own) || own.no_new_privs || own.user_id == 0) return capability_remedies(own, "BPF");
  return {fmt::format("sudo setcap cap_bpf,cap_perfmon+ep {}", own.program), "run Strobe as root, by sudo"};
}

std::vector<std::string> perf_remedies(const MachineFacts& facts, const Attempt& attempt, int paranoid) {
  std::vector<std::string> remedies;
  switch (cause_of_perf_refusal(facts, attempt)) {
    case RefusalCause::seccomp:
      if (facts.own.container.empty()) {
        return {"start Strobe outside of the sandbox whose seccomp filter refuses perf_event_open",
                "where that is a container: docker run --cap-add PERFMON …"};
      }
      remedies = {container_option(facts.own, "PERFMON")};
      if (facts.own.container != "kubernetes") {
        remedies.emplace_back("for trusted programs only: docker run --security-opt seccomp=unconfined …");
      }
      return remedies;
    case RefusalCause::paranoid:
      remedies = {sysctl_command(facts.own, fmt::format("kernel.perf_event_paranoid={}", paranoid))};
      add_remedies(remedies, capability_remedies(facts.own, "PERFMON"));
      return remedies;
    case RefusalCause::resource:
      return {"ulimit -n 65536, or as much as the hard limit allows"};
    case RefusalCause::absent:
      return {};
    case RefusalCause::other:
      return {
          "ask the security module that is in force here (SELinux, AppArmor, lockdown); its log is in: "
          "journalctl -k, dmesg"};
  }
  return remedies;
}

void add_remedies(std::vector<std::string>& remedies, const std::vector<std::string>& more) {
  for (const std::string& remedy : more) {
    if (std::find(remedies.begin(), remedies.end(), remedy) == remedies.end()) remedies.push_back(remedy);
  }
}

std::string describe(const Attempt& attempt) {
  switch (attempt.outcome) {
    case Attempt::Outcome::not_tried:
      return "not tried";
    case Attempt::Outcome::worked:
      return "worked";
    case Attempt::Outcome::refused:
      break;
  }
  const char* name = ::strerrorname_np(attempt.sys_errno);
  const char* words = ::strerrordesc_np(attempt.sys_errno);
  if (name == nullptr || words == nullptr) return fmt::format("error {}", attempt.sys_errno);
  return fmt::format("{} ({})", words, name);
}

}  // namespace strobe::analyze
