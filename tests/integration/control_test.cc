// Controlling a recording while it runs, in both engines: pauses, snapshots, the end, and requests that
// cannot be met. The program under study goes from phase to phase at the test's signal, so that what is
// recorded when is known.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "integration_fixture.h"
#include "process_facts.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// Exact CPU seconds that a recording must have, between what they were at least and at most.
struct Recorded {
  double least = 0;
  double most = 0;
};

class Control : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
    ::chmod(folder().c_str(), 0700);
    ::setenv("XDG_RUNTIME_DIR", folder().c_str(), 1);
  }
  void TearDown() override {
    run_.reset();
    ::unsetenv("XDG_RUNTIME_DIR");
    EXPECT_TRUE(sockets().empty()) << "a socket was left behind";
    Integration::TearDown();
  }

  /// `strobe run` of the phases program, until that has begun.
  void start(std::vector<std::string> options = {}, const std::string& kind = "steady") {
    options.insert(options.end(), {"--engine", GetParam()});
    command_ = strobe_run({STROBE_PHASES, kind}, options);
    run_.emplace(
        arguments_of(command_),
        ChildProgram::Options{.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
    await_phase(0);
    const std::string& out = run_->out();
    program_ = std::stoi(out.substr(out.find("phase 0 ") + 8));
  }
  void await_phase(int number) {
    ASSERT_TRUE(run_->wait_for_output("phase " + std::to_string(number) + " ")) << run_->out() << run_->err();
  }
  void go_to_phase(int number) {
    ASSERT_EQ(::kill(program_, SIGUSR2), 0);
    await_phase(number);
  }
  void work(double cpu_seconds) { ASSERT_TRUE(wait_for_work(program_, cpu_seconds)); }
  /// The last phase; the whole run.
  [[nodiscard]] StrobeRun finish() {
    ::kill(program_, SIGUSR2);
    const StrobeRun result = read_run(command_, run_->finish());
    EXPECT_EQ(result.program.status, 0) << result.program.err;
    expect_quality_invariants(result.report);
    return result;
  }

  ProgramResult control(const std::string& request) const {
    return strobe({"control", std::to_string(run_->pid()), request});
  }
  void expect_answer(const std::string& request, const std::string& answer) const {
    const ProgramResult result = control(request);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, answer + "\n") << request << result.err;
  }
  static void expect_error(const ProgramResult& result, const std::string& words) {
    EXPECT_EQ(result.status, 125);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("\n  "), std::string::npos) << "no hint: " << result.err;
  }
  /// The answer to a request for a snapshot: its path.
  [[nodiscard]] std::string snapshot() const {
    const ProgramResult result = control("snapshot");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out.substr(0, result.out.find('\n'));
  }
  [[nodiscard]] std::vector<std::string> sockets() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(file("strobe"), ignored)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  [[nodiscard]] double program_cpu() const { return cpu_seconds_of(program_); }
  [[nodiscard]] pid_t program_pid() const { return program_; }
  [[nodiscard]] ChildProgram& strobe_program() { return *run_; }
  void kill_program() const { ::kill(program_, SIGKILL); }

 private:
  StrobeCommand command_;
  std::optional<ChildProgram> run_;
  pid_t program_ = 0;
};

double cpu_of(const json& report, const std::string& pid_key, pid_t pid) {
  double seconds = 0;
  for (const json& process : report.at("processes")) {
    if (process.at(pid_key) != pid) continue;
    for (const json& thread : process.at("threads")) seconds += thread.at("cpu_s").get<double>();
  }
  return seconds;
}

TEST_P(Control, APausedStretchLeavesNothingAndTheRestIsTrue) {
  start();
  work(0.3);
  Recorded recorded{.least = program_cpu(), .most = 0};
  expect_answer("pause", "paused");
  recorded.most = program_cpu();
  expect_answer("pause", "already paused");
  go_to_phase(1);  // a thread and a child are born
  work(0.4);
  go_to_phase(2);
  const double before = program_cpu();
  expect_answer("resume", "recording");
  const double after = program_cpu();
  work(0.6);
  const StrobeRun run = finish();
  EXPECT_TRUE(amount_of(run.report, "first_work").found);
  EXPECT_FALSE(amount_of(run.report, "second_work", "total").found) << "sampled in the pause";
  for (const char* name : {"third_work", "born_thread_work", "born_child_work"}) {
    EXPECT_TRUE(amount_of(run.report, name, "total").found) << name;
  }
  recorded.least += run.truth.at("own_s").get<double>() - after;
  recorded.most += run.truth.at("own_s").get<double>() - before;
  const double seconds = cpu_of(run.report, "pid", program_pid());
  EXPECT_GT(seconds, recorded.least - 0.03);
  EXPECT_LT(seconds, recorded.most + 0.03);
  EXPECT_LT(cpu_of(run.report, "pid", program_pid()) + run.truth.at("child_s").get<double>(),
            run.truth.at("own_s").get<double>() + run.truth.at("child_s").get<double>() - 0.3);
  EXPECT_EQ(run.report.at("quality").at("pauses").at("count"), 1);
  EXPECT_EQ(run.report.at("processes").size(), 2U);
}

TEST_P(Control, StartPausedRecordsFromTheResumeOn) {
  start({"--start-paused"});
  work(0.2);
  go_to_phase(1);
  expect_answer("resume", "recording");
  work(0.5);
  go_to_phase(2);
  const StrobeRun run = finish();
  EXPECT_FALSE(amount_of(run.report, "first_work", "total").found);
  EXPECT_TRUE(amount_of(run.report, "second_work").found);
  EXPECT_TRUE(amount_of(run.report, "born_child_work").found) << "born while paused";
  EXPECT_LT(cpu_of(run.report, "pid", program_pid()), run.truth.at("own_s").get<double>() - 0.15);
  for (const json& process : run.report.at("processes")) {
    EXPECT_NE(process.at("command").get<std::string>().find("phases"), std::string::npos) << process.dump();
  }
}

TEST_P(Control, NeverResumedIsAnEmptyRecording) {
  start({"--start-paused"});
  work(0.1);
  go_to_phase(1);
  go_to_phase(2);
  const StrobeRun run = finish();
  EXPECT_EQ(run.report.at("quality").at("samples").at("taken"), 0);
  EXPECT_EQ(run.report.at("quality").at("samples").at("expected"), 0.0);
}

TEST_P(Control, ManyPausesAddUp) {
  constexpr int kPauses = 25;
  start();
  Recorded recorded;
  double resumed_before = 0, resumed_after = 0;
  for (int i = 0; i < kPauses; ++i) {
    work(0.01);
    recorded.least += program_cpu() - resumed_after;
    expect_answer("pause", "paused");
    recorded.most += program_cpu() - resumed_before;
    work(0.005);
    resumed_before = program_cpu();
    expect_answer("resume", "recording");
    resumed_after = program_cpu();
  }
  expect_answer("pause", "paused");
  recorded.most += program_cpu() - resumed_before;
  go_to_phase(1);
  go_to_phase(2);
  const StrobeRun run = finish();
  const double seconds = cpu_of(run.report, "pid", program_pid());
  const double tick = std::string(GetParam()) == "ptrace" ? 0.004 * kPauses : 0.01;
  EXPECT_GT(seconds, recorded.least - tick);
  EXPECT_LT(seconds, recorded.most + tick);
  EXPECT_EQ(run.report.at("quality").at("pauses").at("count"), kPauses + 1);
}

TEST_P(Control, ASnapshotIsWholeAndTheRecordingGoesOn) {
  start();
  work(0.3);
  const double before = program_cpu();
  const std::string path = snapshot();
  const double after = program_cpu();
  EXPECT_EQ(path, file("recording-snapshot-1.strobe"));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const json report = report_of(path);
  expect_quality_invariants(report);
  EXPECT_EQ(report.at("processes").size(), 1U);
  EXPECT_TRUE(amount_of(report, "first_work").found);
  EXPECT_GT(cpu_of(report, "pid", program_pid()), before - 0.03);
  EXPECT_LT(cpu_of(report, "pid", program_pid()), after + 0.03);
  go_to_phase(1);
  work(0.3);
  EXPECT_EQ(snapshot(), file("recording-snapshot-2.strobe"));
  go_to_phase(2);
  const StrobeRun run = finish();
  EXPECT_EQ(run.report.at("quality").at("samples").at("lost_kernel"), 0);
  EXPECT_TRUE(amount_of(run.report, "second_work").found);
  const double seconds = cpu_of(run.report, "pid", program_pid());
  EXPECT_NEAR(seconds, run.truth.at("own_s").get<double>(), 0.03) << "snapshots changed the CPU time";
}

TEST_P(Control, AStormOfSignalsGivesFewSnapshotsAndNoHarm) {
  start();
  for (int i = 0; i < 300; ++i) strobe_program().send(SIGUSR1);
  work(0.3);
  const std::string path = snapshot();
  ASSERT_NE(path, "");
  go_to_phase(1);
  go_to_phase(2);
  for (int i = 0; i < 50; ++i) strobe_program().send(SIGUSR1);
  const StrobeRun run = finish();  // SIGUSR1 would have ended the program
  EXPECT_NE(run.program.err.find("recording-snapshot-1.strobe"), std::string::npos) << run.program.err;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().filename().string().find("-snapshot-") == std::string::npos) continue;
    expect_quality_invariants(report_of(entry.path()));
  }
  EXPECT_NEAR(cpu_of(run.report, "pid", program_pid()), run.truth.at("own_s").get<double>(), 0.03);
}

TEST_P(Control, StopEndsTheRecordingAndNotTheProgram) {
  start();
  work(0.2);
  expect_answer("stop", "stopped: " + file("recording.strobe"));
  const json stopped = report_of("recording.strobe");  // finished: it can be read
  EXPECT_TRUE(amount_of(stopped, "first_work").found);
  expect_error(control("pause"), "is no Strobe that is recording");
  go_to_phase(1);
  work(0.1);
  go_to_phase(2);
  const StrobeRun run = finish();
  EXPECT_FALSE(amount_of(run.report, "second_work", "total").found);
}

TEST_P(Control, AnAttachedStrobeEndsAtStop) {
  start({"-d", "0.01"});  // a program to attach to, once that recording is closed
  ASSERT_TRUE(wait_until([this] { return strobe({"report", "-q", "recording.strobe"}).status == 0; }));
  const std::vector<std::string> options = {"--engine", GetParam(), "--start-paused"};
  AttachedStrobe attached({.folder = folder(), .wrapper = {}, .options = options, .pids = {program_pid()}});
  ASSERT_TRUE(attached.wait_until_recording());
  const std::string pid = std::to_string(attached.program().pid());
  ASSERT_TRUE(
      wait_until([&] { return strobe({"control"}).out.find(pid + "  paused") != std::string::npos; }));
  go_to_phase(1);
  EXPECT_EQ(strobe({"control", pid, "resume"}).out, "recording\n");
  work(0.3);
  EXPECT_EQ(strobe({"control", pid, "stop"}).status, 0);
  const StrobeRun run = attached.finish();
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_FALSE(amount_of(run.report, "first_work", "total").found);
  EXPECT_TRUE(amount_of(run.report, "second_work").found);
  expect_unharmed(program_pid());
  go_to_phase(2);
  static_cast<void>(finish());
}

TEST_P(Control, WhatCannotBeDoneIsSaid) {
  start();
  expect_error(control("frobnicate"), "unknown request 'frobnicate'");
  expect_error(strobe({"control", "soon", "pause"}), "'soon' is not a process id");
  expect_error(strobe({"control", std::to_string(program_pid()), "pause"}), "is no Strobe that is recording");
  expect_error(strobe({"control", "999999999", "pause"}), "there is no process 999999999");
  EXPECT_NE(strobe({"control"}).out.find("recording.strobe"), std::string::npos);
  if (const auto wrapper = as_ordinary_user({}, folder()); !wrapper.empty()) {
    const UserPlace place(folder(), Rights::ordinary_user);
    std::vector<std::string> command = wrapper;
    const std::string copy = place.bring(kStrobe);
    command.insert(command.end(), {copy, "control", std::to_string(strobe_program().pid()), "stop"});
    ChildProgram other(command);
    expect_error(other.finish(), "belongs to user 0");
    ::chmod(folder().c_str(), 0700);
  }
  go_to_phase(1);
  go_to_phase(2);
  static_cast<void>(finish());
}

TEST_P(Control, AKilledStrobeLeavesNothingInTheWay) {
  start();
  work(0.3);
  strobe_program().send(SIGKILL);
  static_cast<void>(strobe_program().finish());
  ASSERT_EQ(sockets().size(), 1U) << "this test needs a stale socket";
  // Other recordings of this user, outside of the test, may be listed.
  EXPECT_EQ(strobe({"control"}).out.find("  recording.strobe  "), std::string::npos);
  EXPECT_TRUE(sockets().empty());
  expect_error(control("pause"), "there is no process");
  expect_quality_invariants(report_of("recording.strobe"));
  kill_program();
}

TEST_P(Control, OldSamplesAreDroppedByAge) {
  start({"--max-age", "0.8"});
  work(1.0);
  go_to_phase(1);
  work(2.0);  // of two threads: a second at least
  go_to_phase(2);
  work(1.0);
  const StrobeRun run = finish();
  const json& dropped = run.report.at("quality").at("dropped");
  EXPECT_FALSE(amount_of(run.report, "first_work", "total").found);
  EXPECT_TRUE(amount_of(run.report, "third_work", "total").found);
  EXPECT_GT(dropped.at("samples"), 100);
  const double kept_s =
      run.report.at("recording").at("duration_s").get<double>() - dropped.at("until_s").get<double>();
  EXPECT_GT(kept_s, 0.8);
  double cpu_s = dropped.at("cpu_s");
  for (const json& process : run.report.at("processes")) {
    for (const json& thread : process.at("threads")) {
      EXPECT_LT(thread.at("cpu_s").get<double>(), kept_s + 0.02) << "more than the kept stretch is long";
      cpu_s += thread.at("cpu_s").get<double>();
    }
  }
  EXPECT_NEAR(cpu_s, run.truth.at("own_s").get<double>() + run.truth.at("child_s").get<double>(), 0.05);
  EXPECT_NE(run.report.at("quality").at("warnings").dump().find("oldest part"), std::string::npos);
}

TEST_P(Control, TheSizeIsBoundedAtAllTimes) {
  constexpr uint64_t kMaxBytes = 4 << 20;
  start({"--max-size", "4M", "-r", "5k"}, "wide");
  uint64_t largest = 0;
  const double end = program_cpu() + 6;
  ASSERT_TRUE(wait_until(
      [&] {
        uint64_t bytes = 0;
        for (const char* suffix : {"", "-wal"}) {
          struct stat status {};
          if (::stat((file("recording.strobe") + suffix).c_str(), &status) == 0)
            bytes += static_cast<uint64_t>(status.st_size);
        }
        largest = std::max(largest, bytes);
        return program_cpu() >= end;
      },
      std::chrono::minutes(5)));
  const std::string path = snapshot();
  expect_quality_invariants(report_of(path));
  go_to_phase(1);
  go_to_phase(2);
  const StrobeRun run = finish();
  EXPECT_LT(largest, kMaxBytes);
  EXPECT_LT(std::filesystem::file_size(run.recording), kMaxBytes);
  EXPECT_GT(run.report.at("quality").at("dropped").at("samples"), 1000);
  EXPECT_GT(run.report.at("quality").at("samples").at("stored"), 500) << "more was dropped than had to be";
}

INSTANTIATE_TEST_SUITE_P(Both, Control, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
