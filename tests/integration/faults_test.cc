// Things that go wrong with a target or with Strobe itself: Strobe killed, a thousand threads, programs that
// exec, fork and end at once, tight limits. The target always comes to its right end. In both engines.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "integration_fixture.h"
#include "process_facts.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using Words = std::vector<std::string>;

/// What a test does with Strobe while it runs a program.
class Faults : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] Words words(const Words& command, const Words& wrapper = {}) const {
    StrobeCommand run = strobe_run(command, {"--engine", GetParam(), "--force"});
    run.wrapper = wrapper;
    return arguments_of(run);
  }
  [[nodiscard]] ChildProgram::Options in_folder() const {
    return {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}};
  }
  [[nodiscard]] ProgramResult run(const Words& command, const Words& wrapper = {}) const {
    ChildProgram program(words(command, wrapper), in_folder());
    return program.finish();
  }
};

/// The number behind "ready " in a program's output.
pid_t ready_pid(ChildProgram& program) {
  if (!program.wait_for_output("ready ")) return -1;
  const size_t at = program.out().find("ready ") + 6;
  if (!program.wait_for_output("\n")) return -1;
  return static_cast<pid_t>(std::stol(program.out().substr(at)));
}

/// The status of a process that became our child when its parent was killed, as a shell has it.
int reap_orphan(pid_t pid) {
  int status = 0;
  pid_t reaped = 0;
  const bool ended = wait_until([&] { return (reaped = ::waitpid(pid, &status, WNOHANG)) != 0; });
  if (!ended || reaped != pid) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Waits until a recording was committed to twice more: the second time all that was taken until now is in
/// it.
bool wait_for_two_commits(const std::string& recording) {
  const auto written = [&] {
    struct stat status {};
    ::stat((recording + "-wal").c_str(), &status);
    return std::pair(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  };
  for (int commit = 0; commit < 2; ++commit) {
    const auto before = written();
    if (!wait_until([&] { return written() != before; })) return false;
  }
  return true;
}

TEST_P(Faults, StrobeKilledLeavesProgramAndRecordingWhole) {
  ChildProgram program(words({STROBE_PROBE_SIGNALS, "count", "2.5"}), in_folder());
  const pid_t pid = ready_pid(program);
  ASSERT_GT(pid, 0) << program.err();
  const auto used_ns = [&] { return cpu_ns_of(pid); };
  ASSERT_TRUE(wait_until([&] { return used_ns() > 700'000'000; }));
  ASSERT_TRUE(wait_for_two_commits(file("recording.strobe")));
  program.send(SIGKILL);
  EXPECT_EQ(program.finish().status, 128 + SIGKILL);

  EXPECT_EQ(status_line(pid, "TracerPid"), "0");
  EXPECT_EQ(reap_orphan(pid), 7);
  ASSERT_TRUE(program.read_to_end());
  EXPECT_NE(program.out().find("ended INT=0 QUIT=0 TERM=0 HUP=0 CONT=0\n"), std::string::npos);

  const nlohmann::json report = report_of("recording.strobe");
  expect_quality_invariants(report);
  // Only what came after the last commit may be missing.
  EXPECT_GT(amount_of(report, "burn_a_millisecond").seconds, 0.6);
  EXPECT_NE(report.at("quality").at("warnings").dump().find("killed"), std::string::npos);
  // How samples were taken is known from the start on.
  EXPECT_EQ(report.at("quality").at("engine"), GetParam());
  if (::geteuid() == 0 && std::string(GetParam()) == "perf") {
    EXPECT_TRUE(report.at("quality").at("kernel_sampled").get<bool>());
  }
}

TEST_P(Faults, StrobeKilledAtAnyMomentNeverHarmsTheProgram) {
  // The ptrace engine stops threads a thousand times a second: some of these moments meet a stop.
  for (int round = 0; round < 12; ++round) {
    ChildProgram program(words({STROBE_PROBE_SIGNALS, "count", "0.12"}), in_folder());
    const pid_t pid = ready_pid(program);
    ASSERT_GT(pid, 0) << program.err();
    const uint64_t moment_ns = 10'000'000 + 7'300'000 * static_cast<uint64_t>(round);
    ASSERT_TRUE(wait_until([&] { return cpu_ns_of(pid) > moment_ns; }));
    program.send(SIGKILL);
    program.finish();
    EXPECT_EQ(reap_orphan(pid), 7) << "round " << round;
    ASSERT_TRUE(program.read_to_end());
    EXPECT_NE(program.out().find("ended INT=0 QUIT=0 TERM=0 HUP=0 CONT=0\n"), std::string::npos);
  }
}

TEST_P(Faults, StrobeKilledWhileItStartsLeavesNoProcess) {
  for (int round = 0; round < 20; ++round) {
    ChildProgram program(words({"true"}), in_folder());
    // Another moment of the start each time: any of them will do, so a short delay needs no handshake.
    std::this_thread::sleep_for(std::chrono::microseconds(400 * round));
    program.send(SIGKILL);
    program.finish();
    ASSERT_TRUE(wait_until([] { return find_stray_processes().empty(); })) << "round " << round;
  }
}

TEST_P(Faults, AThousandThreadsAtATime) {
  const ProgramResult result = run({STROBE_PROBE_THREADS, "1000"});
  EXPECT_EQ(result.status, 7) << result.err;
  EXPECT_NE(result.out.find("ended threads=1000\n"), std::string::npos);
  const nlohmann::json report = read_json(file("report.json"));
  expect_quality_invariants(report);
  ASSERT_EQ(report.at("processes").size(), 1U);
  EXPECT_EQ(report.at("processes").at(0).at("threads").size(), 1001U);
  // By ptrace a thread of 2 ms among a thousand is often over before it is looked at, and told as such.
  EXPECT_GT(amount_of(report, "work_a_little").share, std::string(GetParam()) == "perf" ? 0.5 : 0.02);
}

TEST_P(Faults, ManyThreadsAndFewDescriptors) {
  const ProgramResult result = run({STROBE_PROBE_THREADS, "200"}, {"prlimit", "--nofile=64:64"});
  EXPECT_EQ(result.status, 7) << result.err;
  EXPECT_NE(result.out.find("ended threads=200\n"), std::string::npos);
  const nlohmann::json report = read_json(file("report.json"));
  expect_quality_invariants(report);
  EXPECT_EQ(report.at("processes").at(0).at("threads").size(), 201U);
}

TEST_P(Faults, ALimitOfVeryFewDescriptorsIsAWordOrARecording) {
  for (int limit = 4; limit <= 40; limit += 3) {
    const std::string option = "--nofile=" + std::to_string(limit) + ":" + std::to_string(limit);
    const ProgramResult result = run({"sh", "-c", "echo ran; exit 3"}, {"prlimit", option});
    EXPECT_FALSE(result.timed_out) << limit;
    if (result.status == 125) {
      EXPECT_EQ(result.out, "") << limit << ": the program ran and its status is lost";
      EXPECT_EQ(result.err.find("strobe: "), 0U) << limit << ": " << result.err;
    } else {
      // Too few for the program itself: the dynamic linker says 127.
      EXPECT_TRUE(result.status == 3 || result.status == 127) << limit << ": " << result.status << result.err;
    }
  }
}

TEST_P(Faults, WithoutLockedMemory) {
  const Words wrapper = as_ordinary_user({"prlimit", "--memlock=0:0"}, folder());
  if (wrapper.empty()) GTEST_SKIP() << "only root can become another user";
  const ProgramResult result = run({workload("two_functions"), "0.3"}, wrapper);
  EXPECT_EQ(result.status, 0) << result.err;
  const nlohmann::json report = read_json(file("report.json"));
  expect_quality_invariants(report);
  EXPECT_TRUE(amount_of(report, "seventy").found);
}

TEST_P(Faults, ProgramsThatForkExecAndEndAtOnce) {
  const std::pair<const char*, int> kScripts[] = {
      {"exec true", 0},
      {"exec sh -c 'exec sh -c \"exec sh -c \\\"exit 9\\\"\"'", 9},
      {"true & exit 4", 4},
      {"for i in 1 2 3 4 5 6 7 8; do (for j in 1 2 3 4 5 6 7 8; do (exit 1) & done; wait) & done; wait; exit "
       "6",
       6},
      {"(exec sh -c 'kill -9 $$'); exit 8", 8},
      {"exec /nonexistent/program", 127},
  };
  for (const auto& [script, status] : kScripts) {
    const ProgramResult result = run({"sh", "-c", script});
    EXPECT_EQ(result.status, status) << script << ": " << result.err;
    expect_quality_invariants(read_json(file("report.json")));
  }
}

TEST_P(Faults, AProcessThatOutlivesTheProgramGoesOn) {
  // Inherits neither stdout nor stderr, as a daemon: else its reader would wait for it.
  const ProgramResult result = run({"sh", "-c", "sleep 600 > /dev/null 2>&1 < /dev/null & echo $!; exit 4"});
  EXPECT_EQ(result.status, 4) << result.err;
  const pid_t left = static_cast<pid_t>(std::stol(result.out));
  EXPECT_EQ(status_line(left, "TracerPid"), "0");
  EXPECT_EQ(status_line(left, "State").substr(0, 1), "S");
  expect_quality_invariants(read_json(file("report.json")));
  ASSERT_EQ(::kill(left, SIGTERM), 0);
  EXPECT_EQ(reap_orphan(left), 128 + SIGTERM);
}

TEST_P(Faults, WhereNothingCanBeCached) {
  for (const char* home : {"/proc/nonexistent", "/dev/null", "", "relative"}) {
    ChildProgram::Options options = in_folder();
    options.environment = {std::string("HOME=") + home, std::string("XDG_CACHE_HOME=") + home};
    ChildProgram program(words({workload("two_functions"), "0.1"}), options);
    const ProgramResult result = program.finish();
    EXPECT_EQ(result.status, 0) << result.err;
    const nlohmann::json report = read_json(file("report.json"));
    expect_quality_invariants(report);
    EXPECT_TRUE(amount_of(report, "seventy").found) << home;
    EXPECT_NE(::access(file("relative").c_str(), F_OK), 0) << "a relative cache folder was made";
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Faults, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
