// diagnose() of one process: may it be sampled, read, stopped, and why not.
#include <fmt/format.h>

#include <cerrno>

#include "analyze/diagnosis.h"
#include "analyze/remedies.h"

namespace strobe::analyze {
namespace {

struct Question {
  const MachineFacts* facts;
  const TargetFacts* target;

  [[nodiscard]] bool other_user() const { return target->user_id && *target->user_id != facts->own.user_id; }
};

/// Why ptrace's access check says no (ptrace(2), "Ptrace access mode checking"); the likeliest first.
std::string access_obstacle(const Question& q, bool attach) {
  const TargetFacts& target = *q.target;
  if (attach && target.tracer_pid != 0) {
    return fmt::format("process {} ({}) traces it already", target.tracer_pid, target.tracer_command);
  }
  if (q.other_user()) return fmt::format("it belongs to another user ({})", *target.user_id);
  if (target.not_dumpable) return "it is not dumpable: set-id, with file capabilities, or by its own will";
  if (target.more_capabilities) return "it has capabilities that Strobe has not";
  const int64_t scope = q.facts->settings.yama_ptrace_scope.value_or(0);
  if (attach && scope > 0) return fmt::format("yama's ptrace_scope is {}", scope);
  if (q.facts->own.seccomp) return "a seccomp filter may refuse it";
  return "a security module may refuse it";
}

std::vector<std::string> access_remedies(const Question& q, bool attach) {
  const OwnFacts& own = q.facts->own;
  const TargetFacts& target = *q.target;
  if (attach && target.tracer_pid != 0) {
    return {fmt::format("end process {}, or use --engine perf", target.tracer_pid)};
  }
  const int64_t scope = q.facts->settings.yama_ptrace_scope.value_or(0);
  std::vector<std::string> remedies;
  const bool only_yama = !q.other_user() && !target.not_dumpable && !target.more_capabilities;
  if (attach && only_yama && scope == 3) return {"reboot: yama's ptrace_scope 3 stays until then"};
  if (attach && only_yama && scope > 0) remedies.push_back(sysctl_command(own, "kernel.yama.ptrace_scope=0"));
  if (q.other_user() && own.user_id != 0) {
    remedies.push_back(fmt::format("run Strobe as user {}, or as root", *target.user_id));
  }
  add_remedies(remedies, capability_remedies(own, "SYS_PTRACE"));
  if (attach && only_yama && scope > 0) remedies.emplace_back("start the program by: strobe run -- COMMAND");
  return remedies;
}

Finding sample_finding(const Question& q) {
  Finding finding{.id = "sample", .title = "sample it"};
  const Attempt& attempt = q.target->access.sample;
  if (attempt.worked()) {
    finding.found =
        q.target->kernel_sampled ? "perf events, user and kernel code" : "perf events, user code only";
    return finding;
  }
  finding.state = FindingState::refused;
  if (!q.facts->perf.stack_copy.worked()) {
    finding.found = describe(attempt) + ": perf events are refused on this machine, whatever the process";
    finding.remedies = perf_remedies(*q.facts, q.facts->perf.user, 2);
  } else {
    finding.found = fmt::format("{}: {}", describe(attempt), access_obstacle(q, false));
    finding.remedies = access_remedies(q, false);
    add_remedies(finding.remedies, capability_remedies(q.facts->own, "PERFMON"));
  }
  finding.meaning = q.target->access.trace.worked() ? "`auto` takes the engine `ptrace`" : "";
  return finding;
}

Finding read_finding(const Question& q) {
  Finding finding{.id = "read", .title = "read its memory"};
  const Attempt& attempt = q.target->access.read;
  if (attempt.worked()) {
    finding.found = "process_vm_readv is allowed";
    return finding;
  }
  finding.state = FindingState::limited;
  finding.found = fmt::format("{}: {}", describe(attempt), access_obstacle(q, true));
  finding.meaning = "stacks deeper than the copy cannot be completed from memory: --stack-bytes 65528 helps";
  finding.remedies = access_remedies(q, true);
  return finding;
}

Finding stop_finding(const Question& q) {
  Finding finding{.id = "stop", .title = "stop it"};
  const Attempt& attempt = q.target->access.trace;
  if (attempt.worked()) {
    finding.found = "ptrace is allowed (it was seized without being stopped, and let go)";
    return finding;
  }
  finding.state = q.target->access.sample.worked() ? FindingState::limited : FindingState::refused;
  finding.found = fmt::format("{}: {}", describe(attempt), access_obstacle(q, true));
  finding.meaning = "the engine `ptrace` cannot be used on it";
  finding.remedies = access_remedies(q, true);
  return finding;
}

Finding files_finding(const Question& q) {
  Finding finding{.id = "files", .title = "its files"};
  const TargetFacts& target = *q.target;
  if (target.maps.worked() && target.program_file.worked()) {
    finding.found = "its mappings and its program can be read";
    return finding;
  }
  finding.state = FindingState::limited;
  finding.found = fmt::format("mappings: {}; program: {}; {}", describe(target.maps),
                              describe(target.program_file), access_obstacle(q, false));
  finding.meaning = "what it had mapped before cannot be named, and its stacks end early";
  finding.remedies = access_remedies(q, false);
  return finding;
}

Finding threads_finding(const Question& q) {
  Finding finding{.id = "threads", .title = "its threads"};
  const uint64_t needed = q.target->threads * (q.facts->cpus + 1);
  finding.found = fmt::format("{}, for which perf events take {} of {} open files", q.target->threads, needed,
                              q.facts->own.open_files);
  if (needed + 64 <= q.facts->own.open_files || !q.target->access.sample.worked()) return finding;
  finding.state = FindingState::limited;
  finding.meaning = "too few: use --engine ptrace, or raise the limit";
  finding.remedies = {fmt::format("ulimit -Hn {}, as root or by limits.conf(5)", needed + 1024)};
  return finding;
}

/// Peculiarities that are no refusal.
void add_remarks(const TargetFacts& target, std::vector<Finding>& findings) {
  const auto add = [&](const char* id, const char* title, const char* found, const char* meaning) {
    findings.push_back({.id = id,
                        .title = title,
                        .state = FindingState::limited,
                        .found = found,
                        .meaning = meaning,
                        .remedies = {}});
  };
  if (target.stopped) {
    add("stopped", "job control", "it is stopped", "there is nothing to sample until it goes on");
    findings.back().remedies = {fmt::format("kill -CONT {}", target.pid)};
  }
  if (target.is_32_bit) {
    add("bits", "32-bit program", "its stacks cannot be followed", "samples are counted, without stacks");
  }
  if (target.other_pid_namespace) {
    findings.push_back({.id = "namespace",
                        .title = "namespaces",
                        .state = FindingState::ok,
                        .found = "it lives in another pid namespace (a container)",
                        .meaning = "its files are read through /proc/PID/root",
                        .remedies = {}});
  }
}

std::string target_verdict(const Diagnosis& diagnosis, const TargetFacts& target) {
  const std::string name = fmt::format("process {} ({})", target.pid, target.command);
  if (diagnosis.engine == "perf") return fmt::format("Profiling {} is possible, with perf events.", name);
  if (diagnosis.engine == "ptrace") return fmt::format("Profiling {} is possible, by ptrace.", name);
  return fmt::format("Profiling {} is not possible: it may be neither sampled nor traced.", name);
}

}  // namespace

Diagnosis diagnose(const MachineFacts& facts, const TargetFacts& target) {
  const Question question{&facts, &target};
  Diagnosis diagnosis;
  diagnosis.engine = target.access.sample.worked() ? "perf" : target.access.trace.worked() ? "ptrace" : "";
  diagnosis.possible = !diagnosis.engine.empty();
  diagnosis.verdict = target_verdict(diagnosis, target);
  diagnosis.findings = {sample_finding(question), read_finding(question), stop_finding(question),
                        files_finding(question), threads_finding(question)};
  add_remarks(target, diagnosis.findings);
  return diagnosis;
}

}  // namespace strobe::analyze
