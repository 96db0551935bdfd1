#include "support/sample_facts.h"

#include <cerrno>

namespace strobe::test {

Attempt worked() { return {Attempt::Outcome::worked}; }

Attempt refused(int sys_errno) { return {Attempt::Outcome::refused, sys_errno}; }

MachineFacts root_machine() {
  MachineFacts facts;
  facts.kernel_release = "6.1.0";
  facts.architecture = "x86_64";
  facts.cpus = 2;
  facts.own = {.user_id = 0,
               .program = "/usr/bin/strobe",
               .capabilities = 0x1ffffffffff,
               .locked_memory_bytes = 8u << 20,
               .open_files = 20'000};
  facts.settings = {.perf_event_paranoid = 2,
                    .perf_event_mlock_kb = 516,
                    .yama_ptrace_scope = 1,
                    .kptr_restrict = 0,
                    .unprivileged_bpf_disabled = 2};
  facts.perf = {.user = worked(),
                .stack_copy = worked(),
                .kernel = worked(),
                .whole_cpus = worked(),
                .cycles = worked(),
                .tracepoints = worked(),
                .ring_bytes = 32u << 20,
                .wanted_ring_bytes = 32u << 20};
  facts.child = facts.other = {.sample = worked(), .read = worked(), .trace = worked()};
  facts.tracefs = worked();
  facts.kernel_addresses_visible = true;
  facts.bpf = worked();
  facts.debuginfod_library = true;
  facts.debuginfod_urls = "https://debuginfod.example";
  facts.cache = {.path = "/root/.cache/strobe", .write = worked()};
  facts.recordings = {.path = ".", .write = worked()};
  facts.terminal = {.is_terminal = true, .color = true, .columns = 100};
  return facts;
}

MachineFacts user_machine() {
  MachineFacts facts = root_machine();
  facts.own.user_id = 1000;
  facts.own.capabilities = 0;
  facts.perf.kernel = facts.perf.whole_cpus = refused(EACCES);
  facts.perf.cycles = refused(ENOENT);
  facts.perf.tracepoints = {};
  facts.perf.ring_bytes = 8u << 20;
  facts.other.read = facts.other.trace = refused(EPERM);
  facts.tracefs = refused(EACCES);
  facts.kernel_addresses_visible = false;
  facts.bpf = refused(EPERM);
  facts.debuginfod_library = false;
  facts.debuginfod_urls = "";
  facts.cache = {.path = "/nonexistent/.cache/strobe", .write = refused(EACCES)};
  facts.recordings.write = refused(EROFS);
  facts.terminal = {};
  return facts;
}

MachineFacts debian_user_machine() {
  MachineFacts facts = user_machine();
  facts.settings.perf_event_paranoid = 3;
  facts.perf.user = facts.perf.stack_copy = facts.perf.cycles = refused(EACCES);
  facts.perf.ring_bytes = 0;
  facts.child.sample = facts.other.sample = refused(EACCES);
  return facts;
}

MachineFacts container_machine() {
  MachineFacts facts = debian_user_machine();
  facts.own.user_id = 0;
  facts.own.capabilities = 0xa80425fb;  // docker's
  facts.own.container = "docker";
  facts.own.seccomp = true;
  facts.perf.user = facts.perf.stack_copy = facts.perf.kernel = facts.perf.whole_cpus = facts.perf.cycles =
      refused(EPERM);
  facts.child.sample = facts.other.sample = refused(EPERM);
  facts.settings.yama_ptrace_scope.reset();
  facts.other = facts.child;
  return facts;
}

MachineFacts closed_machine() {
  MachineFacts facts = container_machine();
  facts.own.container = "";
  facts.own.user_id = 1000;
  facts.own.no_new_privs = true;
  facts.child.trace = facts.other.trace = refused(EPERM);
  return facts;
}

TargetFacts own_target() {
  TargetFacts target;
  target.pid = 4242;
  target.command = "server";
  target.user_id = 1000;
  target.threads = 9;
  target.access = {.sample = worked(), .read = worked(), .trace = worked()};
  target.kernel_sampled = true;
  target.maps = target.program_file = worked();
  return target;
}

TargetFacts refused_target() {
  TargetFacts target = own_target();
  target.access = {.sample = refused(EACCES), .read = refused(EPERM), .trace = refused(EPERM)};
  target.kernel_sampled = false;
  target.maps = target.program_file = refused(EACCES);
  return target;
}

}  // namespace strobe::test
