#include "analyze/diagnosis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "support/sample_facts.h"

namespace strobe::analyze {
namespace {

using test::refused;
using test::worked;

const Finding& finding_of(const Diagnosis& diagnosis, const std::string& id) {
  static const Finding kNone{.id = "missing"};
  const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                  [&](const Finding& finding) { return finding.id == id; });
  EXPECT_NE(found, diagnosis.findings.end()) << id;
  return found == diagnosis.findings.end() ? kNone : *found;
}

std::string remedies_of(const Finding& finding) {
  std::string text;
  for (const std::string& remedy : finding.remedies) text += remedy + '\n';
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Diagnosis, NamesTheEngineThatAutoTakes) {
  struct Case {
    MachineFacts facts;
    const char* engine;
    const char* verdict;
  };
  for (const Case& c : {Case{test::root_machine(), "perf", "user and kernel code"},
                        Case{test::user_machine(), "perf", "user code only"},
                        Case{test::debian_user_machine(), "ptrace", "by ptrace"},
                        Case{test::container_machine(), "ptrace", "by ptrace"},
                        Case{test::closed_machine(), "", "not possible"}}) {
    const Diagnosis diagnosis = diagnose(c.facts);
    EXPECT_EQ(diagnosis.engine, c.engine);
    EXPECT_EQ(diagnosis.possible, !diagnosis.engine.empty());
    EXPECT_TRUE(has(diagnosis.verdict, c.verdict)) << diagnosis.verdict;
  }
}

TEST(Diagnosis, GivesTheCommandThatWouldChangeIt) {
  struct Case {
    MachineFacts facts;
    const char* id;
    FindingState state;
    const char* remedy;  // "": none
  };
  MachineFacts lone_root = test::root_machine();
  lone_root.own.capabilities = 0;
  lone_root.perf.kernel = refused(EACCES);
  MachineFacts pod = test::container_machine();
  pod.own.container = "kubernetes";
  MachineFacts no_kernel_support = test::root_machine();
  no_kernel_support.perf.user = no_kernel_support.perf.stack_copy = refused(ENOSYS);
  MachineFacts yama_three = test::user_machine();
  yama_three.settings.yama_ptrace_scope = 3;
  using enum FindingState;
  for (const Case& c : {
           Case{test::root_machine(), "perf", ok, ""},
           Case{test::debian_user_machine(), "perf", FindingState::refused,
                "sudo sysctl kernel.perf_event_paranoid=2"},
           Case{test::debian_user_machine(), "perf", FindingState::refused,
                "sudo setcap cap_perfmon+ep /usr/bin/strobe"},
           Case{test::container_machine(), "perf", FindingState::refused, "docker run --cap-add PERFMON"},
           Case{pod, "perf", FindingState::refused, "securityContext"},
           Case{test::closed_machine(), "perf", FindingState::refused, "outside of the sandbox"},
           Case{no_kernel_support, "perf", FindingState::refused, ""},
           Case{test::user_machine(), "kernel_time", limited, "kernel.perf_event_paranoid=1"},
           Case{lone_root, "kernel_time", limited, "sysctl kernel.perf_event_paranoid=1"},
           Case{test::user_machine(), "whole_cpus", limited, "kernel.perf_event_paranoid=0"},
           Case{test::user_machine(), "hardware", absent, ""},
           Case{test::user_machine(), "attach", limited, "kernel.yama.ptrace_scope=0"},
           Case{yama_three, "attach", limited, "reboot"},
           Case{test::container_machine(), "attach", limited, ""},
           Case{test::closed_machine(), "ptrace", FindingState::refused, "outside of the sandbox"},
           Case{test::user_machine(), "kernel_names", absent, "kernel.perf_event_paranoid=1"},
           Case{test::user_machine(), "bpf", limited, "cap_bpf,cap_perfmon"},
           Case{test::user_machine(), "debuginfod", absent, "export DEBUGINFOD_URLS"},
           Case{test::user_machine(), "cache", limited, "XDG_CACHE_HOME"},
           Case{test::user_machine(), "recordings", limited, "-o "},
           Case{test::container_machine(), "confinement", limited, ""},
       }) {
    const Finding finding = finding_of(diagnose(c.facts), c.id);
    EXPECT_EQ(name_of(finding.state), std::string(name_of(c.state))) << c.id << ": " << finding.found;
    const std::string remedies = remedies_of(finding);
    EXPECT_EQ(remedies.empty(), std::string(c.remedy).empty()) << c.id << ": " << remedies;
    EXPECT_TRUE(has(remedies, c.remedy)) << c.id << ": " << remedies;
  }
}

TEST(Diagnosis, ProposesNothingThatCannotHelp) {
  // In a container, settings belong to the host; under no_new_privs nobody gains rights; root needs no sudo.
  for (const Finding& finding : diagnose(test::container_machine()).findings) {
    EXPECT_FALSE(has(remedies_of(finding), "setcap")) << finding.id;
    for (const std::string& remedy : finding.remedies) {
      EXPECT_TRUE(!has(remedy, "sysctl") || has(remedy, "host")) << remedy;
    }
  }
  for (const Finding& finding : diagnose(test::closed_machine()).findings) {
    EXPECT_FALSE(has(remedies_of(finding), "sudo setcap")) << finding.id;
  }
  MachineFacts lone_root = test::root_machine();
  lone_root.own.capabilities = 0;
  lone_root.perf.kernel = refused(EACCES);
  EXPECT_FALSE(has(remedies_of(finding_of(diagnose(lone_root), "kernel_time")), "sudo"));
}

TEST(Diagnosis, RingsAreEnoughOrSaid) {
  struct Case {
    uint64_t bytes;
    FindingState state;
  };
  for (const Case& c : {Case{32u << 20, FindingState::ok}, Case{8u << 20, FindingState::ok},
                        Case{1u << 20, FindingState::limited}, Case{0, FindingState::refused}}) {
    MachineFacts facts = test::user_machine();
    facts.perf.ring_bytes = c.bytes;
    const Finding finding = finding_of(diagnose(facts), "rings");
    EXPECT_EQ(finding.state, c.state) << c.bytes;
    EXPECT_EQ(finding.remedies.empty(), c.bytes == facts.perf.wanted_ring_bytes) << c.bytes;
  }
}

TEST(TargetDiagnosis, SaysWhyNot) {
  struct Case {
    const char* why;
    void (*change)(TargetFacts&);
    const char* remedy;
  };
  const MachineFacts machine = test::user_machine();
  for (const Case& c : {
           Case{"another user (0)", [](TargetFacts& t) { t.user_id = 0; }, "cap_sys_ptrace"},
           Case{"not dumpable", [](TargetFacts& t) { t.not_dumpable = true; }, "cap_sys_ptrace"},
           Case{"capabilities", [](TargetFacts& t) { t.more_capabilities = true; }, "cap_sys_ptrace"},
           Case{"ptrace_scope is 1", [](TargetFacts&) {}, "kernel.yama.ptrace_scope=0"},
           Case{"process 7 (gdb) traces it already",
                [](TargetFacts& t) {
                  t.tracer_pid = 7;
                  t.tracer_command = "gdb";
                },
                "end process 7"},
       }) {
    TargetFacts target = test::refused_target();
    c.change(target);
    const Diagnosis diagnosis = diagnose(machine, target);
    EXPECT_FALSE(diagnosis.possible);
    const Finding& stop = finding_of(diagnosis, "stop");
    EXPECT_EQ(stop.state, FindingState::refused);
    EXPECT_TRUE(has(stop.found, c.why)) << stop.found;
    EXPECT_TRUE(has(remedies_of(stop), c.remedy)) << remedies_of(stop);
  }
}

TEST(TargetDiagnosis, TakesTheEngineThatIsAllowed) {
  const MachineFacts machine = test::user_machine();
  TargetFacts target = test::own_target();
  EXPECT_EQ(diagnose(machine, target).engine, "perf");
  target.access.sample = refused(EPERM);
  EXPECT_EQ(diagnose(machine, target).engine, "ptrace");
  target = test::refused_target();
  target.access.sample = worked();
  const Diagnosis perf_only = diagnose(machine, target);
  EXPECT_EQ(perf_only.engine, "perf");
  EXPECT_EQ(finding_of(perf_only, "stop").state, FindingState::limited);
  EXPECT_TRUE(has(finding_of(perf_only, "read").meaning, "--stack-bytes"));
}

TEST(TargetDiagnosis, MentionsWhatWouldSurprise) {
  TargetFacts target = test::own_target();
  EXPECT_EQ(diagnose(test::root_machine(), target).findings.size(), 5u);
  target.stopped = target.is_32_bit = target.other_pid_namespace = true;
  target.threads = 10'000;  // x 3 descriptors, of 20,000
  const Diagnosis diagnosis = diagnose(test::root_machine(), target);
  EXPECT_EQ(remedies_of(finding_of(diagnosis, "stopped")), "kill -CONT 4242\n");
  EXPECT_EQ(finding_of(diagnosis, "bits").state, FindingState::limited);
  EXPECT_EQ(finding_of(diagnosis, "namespace").state, FindingState::ok);
  EXPECT_EQ(finding_of(diagnosis, "threads").state, FindingState::limited);
}

}  // namespace
}  // namespace strobe::analyze
