// Every way in which a machine can let us sample: as root, with CAP_PERFMON alone, as an ordinary user, and
// where perf events, or ptrace as well, are refused by a seccomp filter.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <tuple>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

/// The end of every hint about a refused right.
constexpr const char* kDoctor = "; `strobe doctor` tells what is allowed here and what would change it\n";

struct Mode {
  Rights rights = Rights::root;
  bool perf_denied = false;  ///< perf_event_open is refused by seccomp
};

std::string name_of(const Mode& mode) {
  return std::string(name_of(mode.rights)) + (mode.perf_denied ? "_without_perf" : "");
}

const Mode kModes[] = {{Rights::root},
                       {Rights::perfmon},
                       {Rights::ordinary_user},
                       {Rights::root, true},
                       {Rights::ordinary_user, true}};

/// How much memory the rings of an ordinary user may take (perf_mmap in the kernel): what may be locked, and
/// perf_event_mlock_kb for each CPU.
uint64_t ring_limit() {
  uint64_t per_cpu_kb = 516;
  std::ifstream("/proc/sys/kernel/perf_event_mlock_kb") >> per_cpu_kb;
  rlimit locked{};
  ::getrlimit(RLIMIT_MEMLOCK, &locked);
  return locked.rlim_cur + per_cpu_kb * 1024 * static_cast<uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN));
}

class PermissionMode : public Integration {
 protected:
  /// Why this mode cannot be tried here; empty where it can.
  [[nodiscard]] static std::string obstacle(const Mode& mode) {
    if (!can_have(mode.rights)) return std::string("only root can become ") + name_of(mode.rights);
    if (!mode.perf_denied && !perf_is_allowed_for(mode.rights)) {
      return "perf_event_paranoid is " + std::to_string(perf_event_paranoid());
    }
    return {};
  }

  /// `strobe run` with the mode's rights, of a program that its user can reach.
  [[nodiscard]] StrobeCommand in_mode(const Mode& mode, std::vector<std::string> command,
                                      std::vector<std::string> options = {}, bool ptrace_denied = false) {
    const UserPlace place(folder(), mode.rights);
    StrobeCommand run;
    run.strobe = place.bring(kStrobe);
    run.folder = place.path();
    run.wrapper = wrapper_for(mode.rights);
    if (mode.perf_denied || ptrace_denied) run.wrapper.push_back(place.bring(STROBE_DENY_PERF));
    if (ptrace_denied) run.wrapper.emplace_back("--ptrace");
    if (command.front()[0] == '/') command.front() = place.bring(command.front());
    run.command = std::move(command);
    run.options = std::move(options);
    return run;
  }

  /// Nothing of a recording is in the folder.
  static void expect_no_recording(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      EXPECT_EQ(entry.path().filename().string().rfind("recording.strobe", 0), std::string::npos)
          << entry.path();
    }
  }
};

class Permission : public PermissionMode,
                   public ::testing::WithParamInterface<std::tuple<Mode, const char*>> {};

TEST_P(Permission, GivesTrueShares) {
  const auto& [mode, program] = GetParam();
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  const StrobeRun run = run_strobe(in_mode(mode, {workload(program), "0.8"}));

  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_true_cpu_seconds(run, mode.perf_denied ? 0.05 : 0.02);
  expect_true_shares(run, mode.perf_denied ? 0.03 : 0.01);
  expect_complete_stacks(run.report, 0.98);

  const auto& quality = run.report.at("quality");
  const bool kernel =
      !mode.perf_denied && (mode.rights != Rights::ordinary_user || perf_event_paranoid() <= 1);
  EXPECT_EQ(quality.at("kernel_sampled").get<bool>(), kernel);
  EXPECT_EQ(quality.value("engine", ""), mode.perf_denied ? "ptrace" : "perf");
  const std::string note = quality.value("engine_note", "");
  if (mode.perf_denied) {
    EXPECT_NE(note.find("perf events are refused"), std::string::npos) << note;
    EXPECT_NE(note.find("seccomp"), std::string::npos) << note;
    EXPECT_NE(run.program.err.find("strobe: ptrace, because perf events are refused"), std::string::npos)
        << run.program.err;
  } else {
    EXPECT_NE(note.find(kernel ? "kernel included" : "kernel time needs"), std::string::npos) << note;
    const auto rings = quality.at("overhead").at("ring_bytes").get<uint64_t>();
    EXPECT_GT(rings, 0U);
    // The owner of CAP_PERFMON alone has no right to more memory (that is CAP_IPC_LOCK).
    if (mode.rights != Rights::root) {
      EXPECT_LE(rings, ring_limit());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Permission,
                         ::testing::Combine(::testing::ValuesIn(kModes),
                                            ::testing::Values("two_functions", "two_threads")),
                         [](const auto& parameter) {
                           return name_of(std::get<0>(parameter.param)) + "_" + std::get<1>(parameter.param);
                         });

class PermissionStatus : public PermissionMode, public ::testing::WithParamInterface<Mode> {};

TEST_P(PermissionStatus, IsTheProgramsOwn) {
  if (const std::string why = obstacle(GetParam()); !why.empty()) GTEST_SKIP() << why;
  EXPECT_EQ(run_strobe(in_mode(GetParam(), {"sh", "-c", "exit 7"})).program.status, 7);
  EXPECT_EQ(run_strobe(in_mode(GetParam(), {"sh", "-c", "kill -9 $$"}, {"--force"})).program.status, 128 + 9);
}

INSTANTIATE_TEST_SUITE_P(Modes, PermissionStatus, ::testing::ValuesIn(kModes),
                         [](const auto& parameter) { return name_of(parameter.param); });

class Refused : public PermissionMode, public ::testing::WithParamInterface<Rights> {
 protected:
  /// Strobe says why and what to do, ends with 125, leaves nothing, and the program was never started.
  static void expect_refusal(const StrobeCommand& command, const std::vector<std::string>& words) {
    const StrobeRun run = run_strobe(command);
    EXPECT_EQ(run.program.status, 125) << run.program.err;
    EXPECT_EQ(run.program.out, "") << "the program ran";
    for (const std::string& word : words) {
      EXPECT_NE(run.program.err.find(word), std::string::npos) << word << " is not in: " << run.program.err;
    }
    EXPECT_NE(run.program.err.find("\n  "), std::string::npos) << "no hint: " << run.program.err;
    expect_no_recording(command.folder);
  }
};

TEST_P(Refused, PerfEngineWhereItIsAskedFor) {
  const Mode mode{GetParam(), true};
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  expect_refusal(in_mode(mode, {workload("two_functions"), "0.1"}, {"--engine", "perf"}),
                 {"perf_event_open: Operation not permitted", "seccomp", "--cap-add PERFMON", kDoctor});
}

TEST_P(Refused, BothEngines) {
  const Mode mode{GetParam(), true};
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  const StrobeCommand command = in_mode(mode, {workload("two_functions"), "0.1"}, {}, true);
  expect_refusal(command, {"perf_event_open: Operation not permitted", "trace process", "seccomp", kDoctor});
  StrobeCommand by_ptrace = command;
  by_ptrace.options = {"--engine", "ptrace"};
  expect_refusal(by_ptrace, {"trace process", "--cap-add SYS_PTRACE", kDoctor});
}

INSTANTIATE_TEST_SUITE_P(Users, Refused, ::testing::Values(Rights::root, Rights::ordinary_user),
                         [](const auto& parameter) { return std::string(name_of(parameter.param)); });

using OrdinaryUser = Refused;

TEST_P(OrdinaryUser, MayNotSampleWholeCpus) {
  const Mode mode{GetParam()};
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  if (perf_event_paranoid() <= 0) GTEST_SKIP() << "everybody may here: perf_event_paranoid is 0 or less";
  expect_refusal(in_mode(mode, {workload("two_functions"), "0.1"}, {"--per-cpu"}),
                 {"sampling whole CPUs is not permitted", "CAP_PERFMON", kDoctor});
}

TEST_P(OrdinaryUser, CannotSampleWholeCpusByPtrace) {
  expect_refusal(
      in_mode({GetParam()}, {workload("two_functions"), "0.1"}, {"--per-cpu", "--engine", "ptrace"}),
      {"the ptrace engine cannot sample by CPU"});
}

TEST_P(OrdinaryUser, NeedsNoHome) {
  const Mode mode{GetParam()};
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  // A home that cannot be written, one that does not exist, none, and a good one at last.
  const std::string home = UserPlace(folder(), mode.rights).path();
  const std::vector<std::vector<std::string>> environments = {
      {"env", "-u", "XDG_CACHE_HOME", "HOME=/proc"},
      {"env", "-u", "XDG_CACHE_HOME", "HOME=/nonexistent/home"},
      {"env", "-u", "XDG_CACHE_HOME", "-u", "HOME"},
      {"env", "-u", "XDG_CACHE_HOME", "HOME=" + home}};
  for (const std::vector<std::string>& environment : environments) {
    StrobeCommand command = in_mode(mode, {workload("two_functions"), "0.1"}, {"--force"});
    command.wrapper.insert(command.wrapper.end(), environment.begin(), environment.end());
    const StrobeRun run = run_strobe(command);
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(amount_of(run.report, "seventy").found) << run.program.err;
    EXPECT_EQ(run.program.err.find("strobe: "), std::string::npos) << "it complains: " << run.program.err;
  }
  EXPECT_TRUE(std::filesystem::exists(home + "/.cache/strobe"));
}

INSTANTIATE_TEST_SUITE_P(At, OrdinaryUser, ::testing::Values(Rights::ordinary_user),
                         [](const auto&) { return std::string("paranoid_as_set"); });

}  // namespace
}  // namespace strobe::test
