// Signals and job control under `strobe run`, on a terminal of its own with a shell: what Ctrl-C, Ctrl-\,
// Ctrl-Z and fg do to the program is what they do without Strobe, and Strobe still reports. In both engines.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "integration_fixture.h"
#include "process_facts.h"
#include "report_checks.h"
#include "terminal.h"

namespace strobe::test {
namespace {

class Signals : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
    terminal_.emplace(Terminal::Options{.folder = folder(), .environment = {}});
  }
  void TearDown() override {
    terminal_.reset();
    Integration::TearDown();
  }

  /// Starts `strobe run` of probe_signals in that mode and waits until the program is at work.
  void start(const std::string& mode, const std::string& options = "") {
    terminal_->type(std::string(kStrobe) + " run -o r.strobe --engine " + GetParam() + " " + options +
                    " -- " + STROBE_PROBE_SIGNALS + " " + mode + "\n");
    program_ = terminal_->wait_for_number("ready ");
    ASSERT_GT(program_, 0) << terminal_->seen();
    strobe_ = std::stol(status_line(program_, "PPid"));
    ASSERT_GT(strobe_, 1);
  }
  /// That text appears next.
  void expect(std::string_view text) {
    ASSERT_TRUE(terminal_->wait_for(text)) << "no '" << text << "' in: " << terminal_->seen();
  }
  void expect_status(int status) {
    terminal_->type("echo status=$?.\n");
    expect("status=" + std::to_string(status) + ".");
  }
  void expect_whole_recording(int exit_status) {
    const nlohmann::json report = report_of("r.strobe");
    expect_quality_invariants(report);
    EXPECT_EQ(report.at("recording").at("exit_status"), exit_status);
    EXPECT_TRUE(amount_of(report, "burn_a_millisecond").found);
    EXPECT_EQ(report.at("quality").at("warnings").dump().find("killed"), std::string::npos);
  }
  [[nodiscard]] Terminal& terminal() { return *terminal_; }
  [[nodiscard]] long program() const { return program_; }
  [[nodiscard]] long strobe_pid() const { return strobe_; }

 private:
  std::optional<Terminal> terminal_;
  long program_ = -1;
  long strobe_ = -1;
};

TEST_P(Signals, CtrlCReachesTheProgramOnce) {
  ASSERT_NO_FATAL_FAILURE(start("count"));
  terminal().type(kCtrlC);
  ASSERT_NO_FATAL_FAILURE(expect("got INT 1\n"));
  terminal().type(kCtrlC);
  ASSERT_NO_FATAL_FAILURE(expect("got INT 2\n"));
  terminal().type(kCtrlBackslash);
  ASSERT_NO_FATAL_FAILURE(expect("got QUIT 1\n"));
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended INT=2 QUIT=1 TERM=0 HUP=0 CONT=0\n"));
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(7));
  expect_whole_recording(7);
}

TEST_P(Signals, AProgramThatCtrlCEndsIsReported) {
  ASSERT_NO_FATAL_FAILURE(start("default 60"));
  terminal().type(kCtrlC);
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(130));
  EXPECT_EQ(report_of("r.strobe").at("recording").at("exit_status"), 130);
}

TEST_P(Signals, AProgramThatCtrlBackslashEndsIsReported) {
  ASSERT_NO_FATAL_FAILURE(start("default 60"));
  terminal().type(kCtrlBackslash);
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(131));
}

TEST_P(Signals, ManyCtrlCsEndTheProgramAndNotTheReport) {
  ASSERT_NO_FATAL_FAILURE(start("count", "-q"));
  // The last one comes while Strobe stores what it has, or after it: never is the recording harmed.
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended"));
  for (int i = 0; i < 3; ++i) terminal().type(kCtrlC);
  terminal().type("echo; echo back=$?.\n");
  ASSERT_NO_FATAL_FAILURE(expect("back="));
  expect_whole_recording(7);
}

TEST_P(Signals, AProgramThatIgnoresThemGoesOn) {
  ASSERT_NO_FATAL_FAILURE(start("ignore"));
  terminal().type(kCtrlC);
  terminal().type(kCtrlBackslash);
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended INT=0 QUIT=0"));
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(7));
  expect_whole_recording(7);
}

TEST_P(Signals, CtrlZStopsBothAndFgGoesOn) {
  ASSERT_NO_FATAL_FAILURE(start("count"));
  for (int round = 1; round <= 2; ++round) {
    terminal().type(kCtrlZ);
    ASSERT_NO_FATAL_FAILURE(expect("Stopped"));
    // The shell waits for Strobe: that the program has stopped as well may take until it is scheduled.
    EXPECT_TRUE(wait_until([this] { return is_stopped(program()); }));
    EXPECT_TRUE(is_stopped(strobe_pid()));
    ASSERT_NO_FATAL_FAILURE(expect_status(128 + SIGTSTP));
    terminal().type("fg\n");
    ASSERT_NO_FATAL_FAILURE(expect("got CONT " + std::to_string(round) + "\n"));
    EXPECT_FALSE(is_stopped(strobe_pid()));
  }
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended INT=0 QUIT=0 TERM=0 HUP=0 CONT="));
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(7));
  expect_whole_recording(7);
}

TEST_P(Signals, AStoppedJobCanGoOnInTheBackground) {
  ASSERT_NO_FATAL_FAILURE(start("count 1.5", "-q"));
  terminal().type(kCtrlZ);
  ASSERT_NO_FATAL_FAILURE(expect("Stopped"));
  terminal().type("bg\n");
  ASSERT_NO_FATAL_FAILURE(expect("got CONT 1\n"));
  terminal().type("wait %1; echo status=$?.\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended"));
  ASSERT_NO_FATAL_FAILURE(expect("status=7."));
  expect_whole_recording(7);
}

TEST_P(Signals, SentToStrobeAloneReachTheProgram) {
  ASSERT_NO_FATAL_FAILURE(start("count"));
  const std::pair<int, const char*> kSent[] = {
      {SIGTERM, "got TERM 1\n"}, {SIGHUP, "got HUP 1\n"}, {SIGINT, "got INT 1\n"}};
  for (const auto& [signal, seen] : kSent) {
    ASSERT_EQ(::kill(static_cast<pid_t>(strobe_pid()), signal), 0);
    ASSERT_NO_FATAL_FAILURE(expect(seen));
  }
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended INT=1 QUIT=0 TERM=1 HUP=1 CONT=0\n"));
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  expect_whole_recording(7);
}

TEST_P(Signals, TermAndHangUpSentToStrobeEndAnOrdinaryProgram) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    ASSERT_NO_FATAL_FAILURE(start("default 60", "--force"));
    ASSERT_EQ(::kill(static_cast<pid_t>(strobe_pid()), signal), 0);
    ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
    ASSERT_NO_FATAL_FAILURE(expect_status(128 + signal));
    EXPECT_EQ(report_of("r.strobe").at("recording").at("exit_status"), 128 + signal);
  }
}

TEST_P(Signals, AClosedTerminalLeavesAWholeRecording) {
  ASSERT_NO_FATAL_FAILURE(start("default 60"));
  terminal().hang_up();
  ASSERT_TRUE(wait_until([this] {
    return status_line(strobe_pid(), "State").empty() || status_line(strobe_pid(), "State")[0] == 'Z';
  }));
  EXPECT_TRUE(status_line(program(), "State").empty());
  const nlohmann::json report = report_of("r.strobe");
  expect_quality_invariants(report);
  EXPECT_EQ(report.at("recording").at("exit_status"), 128 + SIGHUP);
}

TEST_P(Signals, ADurationEndsTheRecordingAndNotTheProgram) {
  ASSERT_NO_FATAL_FAILURE(start("count", "-d 0.3"));
  // Readable and finished while the program goes on: until then another program holds it.
  ASSERT_TRUE(wait_until([this] { return strobe({"report", "-q", "r.strobe"}).status == 0; }));
  EXPECT_EQ(status_line(program(), "TracerPid"), "0");
  EXPECT_FALSE(is_stopped(program()));
  terminal().type(kCtrlC);  // still the program's alone
  ASSERT_NO_FATAL_FAILURE(expect("got INT 1\n"));
  terminal().type("end\n");
  ASSERT_NO_FATAL_FAILURE(expect("ended INT=1 QUIT=0 TERM=0 HUP=0 CONT=0\n"));
  ASSERT_NO_FATAL_FAILURE(expect("recorded in r.strobe"));
  ASSERT_NO_FATAL_FAILURE(expect_status(7));
  const nlohmann::json report = report_of("r.strobe");
  expect_quality_invariants(report);
  // Where others want the CPU too the end comes late.
  const double duration_s = report.at("recording").value("duration_s", 0.0);
  EXPECT_GE(duration_s, 0.3);
  EXPECT_LT(duration_s, 10);
}

TEST_P(Signals, TheForegroundGroupIsTheJobs) {
  terminal().type(std::string(STROBE_PROBE_STATE) + " | grep -E '^(session|foreground)'; " + kStrobe +
                  " run -q --engine " + GetParam() + " -- " + STROBE_PROBE_STATE + " > with; echo done\n");
  ASSERT_NO_FATAL_FAILURE(expect("session "));
  const std::string session = terminal().seen().substr(terminal().seen().find("session "));
  ASSERT_NO_FATAL_FAILURE(expect("done\n"));
  const std::string with = read_file(file("with"));
  const auto number = [](const std::string& text, const std::string& name) {
    const size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size()));
  };
  EXPECT_EQ(number(with, "session "), number(session, "session "));
  EXPECT_GT(number(with, "foreground group "), 1);
  EXPECT_EQ(number(with, "foreground group "), number(with, "process group "));
}

INSTANTIATE_TEST_SUITE_P(Both, Signals, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class ReportPipe : public Integration {};

TEST_F(ReportPipe, ClosedEarlyEndsQuietly) {
  ASSERT_EQ(run_strobe(strobe_run({workload("two_functions"), "0.3"})).program.status, 0);
  const std::string report = std::string(kStrobe) + " report recording.strobe ";
  for (const std::string& pipe : {report + "| head -1", report + "--json - | head -c 1", report + "| true",
                                  report + "quality | exec 0<&-", report + "--json - | sleep 0"}) {
    const std::vector<std::string> command = {"bash", "-c", pipe + "; echo \"status ${PIPESTATUS[0]}\""};
    ChildProgram program(command,
                         {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
    const ProgramResult result = program.finish();
    EXPECT_NE(result.out.find("status 0\n"), std::string::npos) << pipe << ": " << result.out;
    EXPECT_EQ(result.err, "") << pipe;
  }
}

}  // namespace
}  // namespace strobe::test
