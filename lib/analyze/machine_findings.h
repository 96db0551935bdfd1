// The findings about a machine, one function each; diagnosis.h puts them together. Pure.
#pragma once

#include "analyze/diagnosis.h"

namespace strobe::analyze {

[[nodiscard]] inline bool perf_works(const MachineFacts& facts) { return facts.perf.stack_copy.worked(); }

// Rights (rights_findings.cc).
[[nodiscard]] Finding perf_finding(const MachineFacts& facts);
[[nodiscard]] Finding kernel_time_finding(const MachineFacts& facts);
[[nodiscard]] Finding whole_cpus_finding(const MachineFacts& facts);
[[nodiscard]] Finding hardware_finding(const MachineFacts& facts);
[[nodiscard]] Finding tracepoints_finding(const MachineFacts& facts);
[[nodiscard]] Finding run_by_ptrace_finding(const MachineFacts& facts);
[[nodiscard]] Finding attach_finding(const MachineFacts& facts);
[[nodiscard]] Finding kernel_names_finding(const MachineFacts& facts);
[[nodiscard]] Finding bpf_finding(const MachineFacts& facts);

// Limits and surroundings (limits_findings.cc).
[[nodiscard]] Finding rings_finding(const MachineFacts& facts);
[[nodiscard]] Finding descriptors_finding(const MachineFacts& facts);
[[nodiscard]] Finding confinement_finding(const MachineFacts& facts);
[[nodiscard]] Finding debuginfod_finding(const MachineFacts& facts);
[[nodiscard]] Finding cache_finding(const MachineFacts& facts);
[[nodiscard]] Finding recordings_finding(const MachineFacts& facts);
[[nodiscard]] Finding terminal_finding(const MachineFacts& facts);

}  // namespace strobe::analyze
