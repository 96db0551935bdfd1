// Python's frames by BPF: with which rights they come that way and what is done with fewer; that their stacks
// are exact, those of quick calls too; that threads and children have them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

/// quick_a is called by through_a only, quick_b by through_b only, both equally often and alike; a generator
/// hands on what they return. Threads and a forked child run a function of their own.
constexpr const char* kProgram = R"(
import os, sys, threading, time

def quick_a(x):
    return (x * 31 + 7) & 0xffff

def quick_b(x):
    return (x * 31 + 7) & 0xffff

def through_a(n):
    x = n
    for _ in range(20):
        x = quick_a(x)
    return x

def through_b(n):
    x = n
    for _ in range(20):
        x = quick_b(x)
    return x

def hand_on(n):
    for i in range(n):
        yield through_a(i) + through_b(i)

def in_thread(until):
    while time.thread_time() < until:
        sum(hand_on(20))

def in_child(until):
    while time.process_time() < until:
        sum(hand_on(20))

def main(seconds, threads, children):
    workers = [threading.Thread(target=in_thread, args=(seconds,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    pids = []
    for _ in range(children):
        pid = os.fork()
        if pid == 0:
            in_child(seconds)
            os._exit(0)
        pids.append(pid)
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(hand_on(20))
    for worker in workers:
        worker.join()
    for pid in pids:
        os.waitpid(pid, 0)

main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
)";

struct PythonCounts {
  std::string reading;
  uint64_t full = 0, partial = 0, inconsistent = 0, unread = 0;
  [[nodiscard]] double full_share() const {
    const auto all = static_cast<double>(full + partial + inconsistent + unread);
    return all == 0 ? 0 : static_cast<double>(full) / all;
  }
};

PythonCounts python_counts(const nlohmann::json& report) {
  const auto& python = report.at("quality").at("python");
  return {.reading = python.value("reading", ""),
          .full = python.value("full", uint64_t{0}),
          .partial = python.value("partial", uint64_t{0}),
          .inconsistent = python.value("inconsistent", uint64_t{0}),
          .unread = python.value("unread", uint64_t{0})};
}

/// Names of the functions that call this one, as the report has them.
std::set<std::string> python_callers_of(const nlohmann::json& report, const std::string& name) {
  std::set<std::string> names;
  const auto& functions = report.at("functions");
  const auto name_of_id = [&](const nlohmann::json& id) -> std::string {
    for (const auto& function : functions) {
      if (function.at("id") == id) return function.value("name", "");
    }
    return {};
  };
  for (const auto& function : functions) {
    if (function.value("name", "") != name || function.value("language", "") != "python") continue;
    for (const auto& caller : function.at("callers")) names.insert(name_of_id(caller.at("id")));
  }
  return names;
}

class PythonByBpf : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (::access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is not there";
  }

  /// `strobe run` of the program above with these rights.
  [[nodiscard]] StrobeCommand in(Rights rights, std::vector<std::string> arguments,
                                 std::vector<std::string> options = {}) const {
    const UserPlace place(folder(), rights);
    const std::string script = folder() + "/program.py";
    std::ofstream(script) << kProgram;
    StrobeCommand run;
    run.strobe = place.bring(kStrobe);
    run.folder = place.path();
    run.wrapper = wrapper_for(rights);
    run.command = {kPython, script};
    run.command.insert(run.command.end(), arguments.begin(), arguments.end());
    run.options = std::move(options);
    run.options.insert(run.options.end(), {"--engine", "perf"});
    return run;
  }

  /// What `strobe doctor` says of BPF with these rights: its finding's state.
  [[nodiscard]] std::string doctors_word(Rights rights) const {
    const UserPlace place(folder(), rights);
    std::vector<std::string> command = wrapper_for(rights);
    command.insert(command.end(), {place.bring(kStrobe), "doctor", "--json", "-"});
    const nlohmann::json doctor = nlohmann::json::parse(ChildProgram(command).finish().out, nullptr, false);
    if (!doctor.is_object()) return "no JSON";
    for (const auto& finding : doctor.at("findings")) {
      if (finding.value("id", "") == "bpf") return finding.value("state", "");
    }
    return "no finding";
  }
};

#define STROBE_NEED_BPF()                                                                      \
  STROBE_NEED_PERF();                                                                          \
  if (doctors_word(Rights::root) != "ok") {                                                    \
    GTEST_SKIP() << "BPF programs are not permitted here, or Strobe was built without libbpf"; \
  }

class PythonByBpfWith : public PythonByBpf, public testing::WithParamInterface<Rights> {};

TEST_P(PythonByBpfWith, IsTheWayThatDoctorSays) {
  STROBE_NEED_BPF();
  const Rights rights = GetParam();
  if (!can_have(rights)) GTEST_SKIP() << "only root can become " << name_of(rights);
  if (!perf_is_allowed_for(rights)) GTEST_SKIP() << "perf_event_paranoid is " << perf_event_paranoid();
  const bool by_bpf = rights == Rights::root || rights == Rights::bpf;
  EXPECT_EQ(doctors_word(rights), by_bpf ? "ok" : "limited");

  const StrobeRun run = run_strobe(in(rights, {"0.6", "0", "0"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  const PythonCounts counts = python_counts(run.report);
  EXPECT_EQ(counts.reading, by_bpf ? "bpf" : "running");
  EXPECT_GT(counts.full, 0U);
  if (by_bpf) {
    EXPECT_GE(counts.full_share(), 0.95) << "but for the interpreter's own start";
    EXPECT_EQ(counts.inconsistent, 0U);
  }
  EXPECT_TRUE(amount_of(run.report, "quick_a").found);
}

INSTANTIATE_TEST_SUITE_P(Rights, PythonByBpfWith,
                         testing::Values(Rights::root, Rights::bpf, Rights::perfmon, Rights::ordinary_user),
                         [](const auto& parameter) { return std::string(name_of(parameter.param)); });

TEST_F(PythonByBpf, QuickCallsHaveTheirOwnCallers) {
  STROBE_NEED_BPF();
  const StrobeRun run = run_strobe(in(Rights::root, {"1.5", "0", "0"}, {"-r", "5k"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(python_callers_of(run.report, "quick_a"), std::set<std::string>{"through_a"});
  EXPECT_EQ(python_callers_of(run.report, "quick_b"), std::set<std::string>{"through_b"});
  EXPECT_EQ(python_callers_of(run.report, "through_a"), std::set<std::string>{"hand_on"});
  EXPECT_EQ(python_callers_of(run.report, "through_b"), std::set<std::string>{"hand_on"});
  EXPECT_EQ(python_counts(run.report).inconsistent, 0U);

  // Alike and equally often called: neither call may take time from the other.
  const FunctionAmount a = amount_of(run.report, "quick_a");
  const FunctionAmount b = amount_of(run.report, "quick_b");
  const double samples = static_cast<double>(a.samples + b.samples);
  ASSERT_GT(samples, 1000);
  EXPECT_NEAR(static_cast<double>(a.samples) / samples, 0.5, half_width_9999(0.5, samples) + 0.02);
}

TEST_F(PythonByBpf, ThreadsAndForkedChildrenHaveTheirFrames) {
  STROBE_NEED_BPF();
  const StrobeRun run = run_strobe(in(Rights::root, {"0.4", "2", "1"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_EQ(run.report.at("processes").size(), 2U);
  const double period_s = 1e-3;
  EXPECT_GE(amount_of(run.report, "in_thread", "total").seconds, 2 * 0.4 * 0.9 - 10 * period_s);
  EXPECT_GE(amount_of(run.report, "in_child", "total").seconds, 0.4 * 0.8 - 10 * period_s);
  const PythonCounts counts = python_counts(run.report);
  EXPECT_EQ(counts.reading, "bpf");
  EXPECT_EQ(counts.inconsistent, 0U);
  EXPECT_GE(counts.full_share(), 0.95);
}

}  // namespace
}  // namespace strobe::test
