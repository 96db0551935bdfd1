#include <cstring>

#include "report/doctor.h"

namespace strobe::report {
namespace {

void write_attempt(JsonWriter& json, const char* name, const Attempt& attempt) {
  json.key(name);
  json.begin_object();
  switch (attempt.outcome) {
    case Attempt::Outcome::not_tried:
      json.member("outcome", "not_tried");
      break;
    case Attempt::Outcome::worked:
      json.member("outcome", "worked");
      break;
    case Attempt::Outcome::refused:
      json.member("outcome", "refused");
      break;
  }
  const char* error = attempt.refused() ? ::strerrorname_np(attempt.sys_errno) : nullptr;
  json.key("errno");
  error != nullptr ? json.value(error) : json.null();
  json.end_object();
}

void write_access(JsonWriter& json, const char* name, const AccessFacts& access) {
  json.key(name);
  json.begin_object();
  write_attempt(json, "sample", access.sample);
  write_attempt(json, "read", access.read);
  write_attempt(json, "trace", access.trace);
  json.end_object();
}

void write_perf(JsonWriter& json, const PerfFacts& perf) {
  json.key("perf");
  json.begin_object();
  write_attempt(json, "user", perf.user);
  write_attempt(json, "stack_copy", perf.stack_copy);
  write_attempt(json, "kernel", perf.kernel);
  write_attempt(json, "whole_cpus", perf.whole_cpus);
  write_attempt(json, "cycles", perf.cycles);
  write_attempt(json, "tracepoints", perf.tracepoints);
  json.member("ring_bytes", perf.ring_bytes);
  json.member("wanted_ring_bytes", perf.wanted_ring_bytes);
  json.end_object();
}

void write_settings(JsonWriter& json, const SystemSettings& settings) {
  json.key("settings");
  json.begin_object();
  json.member("perf_event_paranoid", settings.perf_event_paranoid);
  json.member("perf_event_mlock_kb", settings.perf_event_mlock_kb);
  json.member("yama_ptrace_scope", settings.yama_ptrace_scope);
  json.member("kptr_restrict", settings.kptr_restrict);
  json.member("unprivileged_bpf_disabled", settings.unprivileged_bpf_disabled);
  json.end_object();
}

void write_own(JsonWriter& json, const OwnFacts& own) {
  json.key("own");
  json.begin_object();
  json.member("user_id", own.user_id);
  json.member("program", own.program);
  json.member("capabilities", own.capabilities);
  json.member("no_new_privs", own.no_new_privs);
  json.member("seccomp", own.seccomp);
  json.member("user_namespace", own.user_namespace);
  json.member("container", own.container);
  json.member("locked_memory_bytes", own.locked_memory_bytes);
  json.member("open_files", own.open_files);
  json.end_object();
}

void write_folder(JsonWriter& json, const char* name, const FolderFacts& folder) {
  json.key(name);
  json.begin_object();
  json.member("path", folder.path);
  write_attempt(json, "write", folder.write);
  json.end_object();
}

void write_machine(JsonWriter& json, const MachineFacts& facts) {
  json.key("machine");
  json.begin_object();
  json.member("kernel_release", facts.kernel_release);
  json.member("architecture", facts.architecture);
  json.member("cpus", uint64_t{facts.cpus});
  write_own(json, facts.own);
  write_settings(json, facts.settings);
  write_perf(json, facts.perf);
  write_access(json, "child", facts.child);
  write_access(json, "other", facts.other);
  write_attempt(json, "tracefs", facts.tracefs);
  json.member("kernel_addresses_visible", facts.kernel_addresses_visible);
  write_attempt(json, "bpf", facts.bpf);
  json.member("debuginfod_library", facts.debuginfod_library);
  json.member("debuginfod_urls", facts.debuginfod_urls);
  write_folder(json, "cache", facts.cache);
  write_folder(json, "recordings", facts.recordings);
  json.end_object();
}

void write_target(JsonWriter& json, const TargetFacts& target) {
  json.key("target");
  json.begin_object();
  json.member("pid", target.pid);
  json.member("command", target.command);
  json.member("user_id", target.user_id);
  json.member("not_dumpable", target.not_dumpable);
  json.member("more_capabilities", target.more_capabilities);
  json.member("tracer_pid", target.tracer_pid);
  json.member("stopped", target.stopped);
  json.member("other_pid_namespace", target.other_pid_namespace);
  json.member("is_32_bit", target.is_32_bit);
  json.member("threads", target.threads);
  write_access(json, "access", target.access);
  json.member("kernel_sampled", target.kernel_sampled);
  write_attempt(json, "maps", target.maps);
  write_attempt(json, "program_file", target.program_file);
  json.end_object();
}

void write_findings(JsonWriter& json, const std::vector<analyze::Finding>& findings) {
  json.key("findings");
  json.begin_array();
  for (const analyze::Finding& finding : findings) {
    json.begin_object();
    json.member("id", finding.id);
    json.member("title", finding.title);
    json.member("state", name_of(finding.state));
    json.member("found", finding.found);
    json.member("meaning", finding.meaning);
    json.key("remedies");
    json.begin_array();
    for (const std::string& remedy : finding.remedies) json.value(remedy);
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_json_diagnosis(const analyze::Diagnosis& diagnosis, const MachineFacts& facts,
                          const TargetFacts* target, const TextSink& sink) {
  JsonWriter json(sink);
  json.begin_object();
  json.member("schema", "strobe-doctor/1");
  json.key("tool");
  json.begin_object();
  json.member("name", "strobe");
  json.member("version", STROBE_VERSION);
  json.end_object();
  json.member("possible", diagnosis.possible);
  json.key("engine");
  diagnosis.engine.empty() ? json.null() : json.value(diagnosis.engine);
  json.member("verdict", diagnosis.verdict);
  write_findings(json, diagnosis.findings);
  write_machine(json, facts);
  if (target != nullptr) write_target(json, *target);
  json.end_object();
  json.finish();
}

}  // namespace strobe::report
