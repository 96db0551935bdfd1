#include <fmt/format.h>

#include <cerrno>

#include "analyze/machine_findings.h"
#include "analyze/remedies.h"

namespace strobe::analyze {
namespace {

std::string setting_text(const char* name, const std::optional<int64_t>& value) {
  return value ? fmt::format("{} is {}", name, *value) : fmt::format("there is no {}", name);
}

std::string paranoid_text(const MachineFacts& facts) {
  return setting_text("perf_event_paranoid", facts.settings.perf_event_paranoid);
}

/// Why perf_event_open was refused, in words.
std::string perf_refusal(const MachineFacts& facts, const Attempt& attempt) {
  std::string error = describe(attempt);
  switch (cause_of_perf_refusal(facts, attempt)) {
    case RefusalCause::seccomp:
      return error + ": a seccomp filter refuses perf_event_open";
    case RefusalCause::paranoid:
      return fmt::format("{}: {}", error, paranoid_text(facts));
    case RefusalCause::absent:
      return error + ": this kernel does not have it";
    case RefusalCause::resource:
      return error + ": no descriptor or memory was left for it";
    case RefusalCause::other:
      return fmt::format("{}, although {}", error, paranoid_text(facts));
  }
  return error;
}

/// yama's levels, and who may pass them (Documentation/admin-guide/LSM/Yama.rst).
std::string trace_refusal(const MachineFacts& facts, const Attempt& attempt) {
  const int64_t scope = facts.settings.yama_ptrace_scope.value_or(0);
  std::string error = describe(attempt);
  if (attempt.sys_errno == EPERM && scope > 0)
    return fmt::format("{}: yama's ptrace_scope is {}", error, scope);
  if (facts.own.seccomp) return error + ": a seccomp filter refuses it";
  return error;
}

std::vector<std::string> trace_remedies(const MachineFacts& facts, bool own_child) {
  const int64_t scope = facts.settings.yama_ptrace_scope.value_or(0);
  if (scope == 3) return {"reboot: yama's ptrace_scope 3 stays until then"};
  std::vector<std::string> remedies;
  if (scope > 0) {
    remedies.push_back(
        sysctl_command(facts.own, fmt::format("kernel.yama.ptrace_scope={}", own_child ? 1 : 0)));
  }
  add_remedies(remedies, capability_remedies(facts.own, "SYS_PTRACE"));
  if (scope == 0 && own_child && facts.own.seccomp && facts.own.container.empty()) {
    remedies = {"start Strobe outside of the sandbox whose seccomp filter refuses ptrace"};
  }
  return remedies;
}

}  // namespace

Finding perf_finding(const MachineFacts& facts) {
  Finding finding{.id = "perf", .title = "perf events"};
  const PerfFacts& perf = facts.perf;
  if (perf_works(facts)) {
    finding.found = fmt::format("samples of user code with registers and stack ({})", paranoid_text(facts));
    finding.meaning = "the engine `perf`: the program is never stopped";
    return finding;
  }
  finding.state = FindingState::refused;
  const Attempt& attempt = perf.user.worked() ? perf.stack_copy : perf.user;
  finding.found = perf_refusal(facts, attempt);
  if (perf.user.worked())
    finding.found = "samples are allowed, copies of the stack are not: " + finding.found;
  finding.meaning = facts.child.trace.worked()
                        ? "`auto` takes the engine `ptrace`, which stops running threads for each sample; no "
                          "kernel functions, no --per-cpu"
                        : "the engine `perf` cannot be used";
  finding.remedies = perf_remedies(facts, attempt, 2);
  return finding;
}

Finding kernel_time_finding(const MachineFacts& facts) {
  Finding finding{.id = "kernel_time", .title = "kernel time"};
  if (facts.perf.kernel.worked()) {
    finding.found = "samples in kernel mode";
    return finding;
  }
  finding.state = perf_works(facts) ? FindingState::limited : FindingState::refused;
  finding.found = perf_refusal(facts, facts.perf.kernel);
  finding.meaning = "time in the kernel is known and shown in one row, not by function";
  finding.remedies = perf_remedies(facts, facts.perf.kernel, 1);
  return finding;
}

Finding whole_cpus_finding(const MachineFacts& facts) {
  Finding finding{.id = "whole_cpus", .title = "whole CPUs"};
  if (facts.perf.whole_cpus.worked()) {
    finding.found = "one event for all that runs on a CPU";
    finding.meaning = "--per-cpu works: short processes are sampled as well";
    return finding;
  }
  finding.state = perf_works(facts) ? FindingState::limited : FindingState::refused;
  finding.found = perf_refusal(facts, facts.perf.whole_cpus);
  finding.meaning =
      "processes shorter than a sampling period (1 ms) are hardly ever sampled; their CPU time is "
      "exact all the same";
  finding.remedies = perf_remedies(facts, facts.perf.whole_cpus, 0);
  return finding;
}

Finding hardware_finding(const MachineFacts& facts) {
  Finding finding{.id = "hardware", .title = "hardware counters"};
  if (facts.perf.cycles.worked()) {
    finding.found = "CPU cycles can be counted";
    return finding;
  }
  const bool absent = cause_of_perf_refusal(facts, facts.perf.cycles) == RefusalCause::absent;
  finding.state = FindingState::absent;
  finding.found = absent ? describe(facts.perf.cycles) + ": this machine (a virtual one, mostly) has none"
                         : perf_refusal(facts, facts.perf.cycles);
  finding.meaning = "nothing is lost: Strobe samples by the kernel's own clocks";
  return finding;
}

Finding tracepoints_finding(const MachineFacts& facts) {
  Finding finding{.id = "tracepoints", .title = "tracepoints"};
  if (facts.perf.tracepoints.worked()) {
    finding.found = "sched:sched_switch can be used";
    return finding;
  }
  finding.state = FindingState::absent;
  finding.found = facts.tracefs.worked()
                      ? "tracefs can be read; " + perf_refusal(facts, facts.perf.tracepoints)
                      : "tracefs cannot be read: " + describe(facts.tracefs);
  finding.meaning = "nothing is lost: CPU profiles do not need them";
  const bool not_mounted = facts.tracefs.refused() && facts.tracefs.sys_errno == ENOENT;
  if (not_mounted && facts.own.user_id == 0 && facts.own.container.empty()) {
    finding.remedies = {"mount -t tracefs nodev /sys/kernel/tracing"};
  }
  return finding;
}

Finding run_by_ptrace_finding(const MachineFacts& facts) {
  Finding finding{.id = "ptrace", .title = "ptrace of a child"};
  if (facts.child.trace.worked()) {
    finding.found = "a child was seized, stopped and let go";
    finding.meaning = perf_works(facts) ? "`run --engine ptrace` works" : "`run` works";
    return finding;
  }
  finding.state = perf_works(facts) ? FindingState::limited : FindingState::refused;
  finding.found = trace_refusal(facts, facts.child.trace);
  finding.meaning = "the engine `ptrace` cannot be used";
  finding.remedies = trace_remedies(facts, true);
  return finding;
}

Finding attach_finding(const MachineFacts& facts) {
  Finding finding{.id = "attach", .title = "other processes"};
  const AccessFacts& other = facts.other;
  const auto yes = [](const Attempt& attempt) { return attempt.worked() ? "yes" : "no"; };
  finding.found = fmt::format("one of this user that is no child: sample {}, read its memory {}, trace {}",
                              yes(other.sample), yes(other.read), yes(other.trace));
  if (other.sample.worked() && other.read.worked() && other.trace.worked()) return finding;
  const bool any = other.sample.worked() || other.trace.worked();
  finding.state = any ? FindingState::limited : FindingState::refused;
  if (!any) {
    finding.meaning = "`attach` is not possible";
  } else if (!other.read.worked()) {
    finding.meaning = "`attach` works; stacks deeper than the copy (--stack-bytes) cannot be completed";
  } else {
    finding.meaning =
        fmt::format("`attach` works with the engine `{}`", other.sample.worked() ? "perf" : "ptrace");
  }
  const Attempt& refused = !other.trace.worked() ? other.trace : other.read;
  if (refused.refused()) finding.found += "; " + trace_refusal(facts, refused);
  if (refused.refused()) finding.remedies = trace_remedies(facts, false);
  return finding;
}

Finding kernel_names_finding(const MachineFacts& facts) {
  Finding finding{.id = "kernel_names", .title = "kernel names"};
  const std::string setting = setting_text("kptr_restrict", facts.settings.kptr_restrict);
  if (facts.kernel_addresses_visible) {
    finding.found = fmt::format("/proc/kallsyms shows addresses ({})", setting);
    return finding;
  }
  finding.state = facts.perf.kernel.worked() ? FindingState::limited : FindingState::absent;
  finding.found = fmt::format("/proc/kallsyms shows no addresses ({})", setting);
  finding.meaning = "kernel functions have no names";
  // With kptr_restrict 0 it is who may profile the kernel that sees them (kallsyms_for_perf in the kernel).
  const bool by_paranoid = facts.settings.kptr_restrict == 0;
  finding.remedies = {
      sysctl_command(facts.own, by_paranoid ? "kernel.perf_event_paranoid=1" : "kernel.kptr_restrict=0")};
  add_remedies(finding.remedies, capability_remedies(facts.own, "SYSLOG"));
  return finding;
}

Finding bpf_finding(const MachineFacts& facts) {
  Finding finding{.id = "bpf", .title = "BPF"};
  if (facts.bpf.worked()) {
    finding.found = "the program that reads Python's frames was loaded";
    finding.meaning = "Python's frames are read in the interrupt that takes the sample: exact";
    return finding;
  }
  finding.meaning = perf_works(facts)
                        ? "Python's frames are read beside the running thread: calls shorter than some 5 us "
                          "are charged to their callers"
                        : "Python's frames are read while the thread is stopped";
  finding.state = perf_works(facts) ? FindingState::limited : FindingState::absent;
  if (facts.bpf.outcome == Attempt::Outcome::not_tried) {
    finding.found = "this Strobe was built without it";
    finding.remedies = {"apt install clang libbpf-dev, and build Strobe again"};
    return finding;
  }
  finding.found =
      fmt::format("{} ({})", describe(facts.bpf),
                  setting_text("unprivileged_bpf_disabled", facts.settings.unprivileged_bpf_disabled));
  if (facts.bpf.sys_errno == EPERM) finding.remedies = bpf_remedies(facts.own);
  return finding;
}

}  // namespace strobe::analyze
