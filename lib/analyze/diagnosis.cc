#include "analyze/diagnosis.h"

#include <fmt/format.h>

#include <cerrno>

#include "analyze/machine_findings.h"
#include "analyze/remedies.h"

namespace strobe::analyze {
namespace {

std::string machine_verdict(const MachineFacts& facts) {
  if (perf_works(facts)) {
    const char* code = facts.perf.kernel.worked() ? "user and kernel code" : "user code only";
    return fmt::format("Profiling is possible: with perf events, {}.", code);
  }
  if (facts.child.trace.worked()) {
    return "Profiling is possible: by ptrace, because perf events are refused. Samples are user code only, "
           "and "
           "taking one stops a thread for about 40 microseconds.";
  }
  return "Profiling is not possible here: neither perf events nor ptrace are allowed.";
}

}  // namespace

const char* name_of(FindingState state) {
  switch (state) {
    case FindingState::ok:
      return "ok";
    case FindingState::limited:
      return "limited";
    case FindingState::refused:
      return "refused";
    case FindingState::absent:
      return "absent";
  }
  return "absent";
}

Diagnosis diagnose(const MachineFacts& facts) {
  Diagnosis diagnosis;
  diagnosis.engine = perf_works(facts) ? "perf" : facts.child.trace.worked() ? "ptrace" : "";
  diagnosis.possible = !diagnosis.engine.empty();
  diagnosis.verdict = machine_verdict(facts);
  diagnosis.findings = {perf_finding(facts),          kernel_time_finding(facts), whole_cpus_finding(facts),
                        rings_finding(facts),         hardware_finding(facts),    tracepoints_finding(facts),
                        run_by_ptrace_finding(facts), attach_finding(facts),      kernel_names_finding(facts),
                        bpf_finding(facts),           descriptors_finding(facts), confinement_finding(facts),
                        debuginfod_finding(facts),    cache_finding(facts),       recordings_finding(facts),
                        terminal_finding(facts)};
  return diagnosis;
}

}  // namespace strobe::analyze
