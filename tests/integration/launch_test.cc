// A program under `strobe run` is what it would be without it: its exit status, input and output, and all
// that a program inherits. In both engines. The terminal and signals are in signals_test.cc.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <regex>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using Words = std::vector<std::string>;

ProgramResult run_words(const Words& words, const std::string& folder) {
  ChildProgram program(words, {.folder = folder, .input = {}, .environment = {}, .file_size_limit = {}});
  return program.finish();
}

std::string quoted(const std::string& word) { return "'" + word + "'"; }

class Launch : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  [[nodiscard]] Words words(const Words& command, const Words& options = {}) const {
    StrobeCommand run = strobe_run(command, {"--engine", GetParam(), "--force"});
    run.options.insert(run.options.end(), options.begin(), options.end());
    return arguments_of(run);
  }
  [[nodiscard]] ProgramResult run(const Words& command, const Words& options = {}) const {
    return run_words(words(command, options), folder());
  }
  /// The same as a piece of a shell script.
  [[nodiscard]] std::string line(const Words& command, const Words& options = {}) const {
    std::string text;
    for (const std::string& word : words(command, options)) text += quoted(word) + " ";
    return text;
  }
};

TEST_P(Launch, PassesTheExitStatusOn) {
  const std::pair<const char*, int> kEnds[] = {
      {"exit 0", 0},          {"exit 3", 3},          {"exit 255", 255},     {"kill -9 $$", 137},
      {"kill -SEGV $$", 139}, {"kill -TERM $$", 143}, {"kill -PIPE $$", 141}};
  for (const auto& [script, status] : kEnds) {
    EXPECT_EQ(run({"sh", "-c", script}).status, status) << script;
    const nlohmann::json report = read_json(file("report.json"));
    ASSERT_TRUE(report.is_object()) << script;
    EXPECT_EQ(report.at("recording").at("exit_status"), status) << script;
  }
}

TEST_P(Launch, ReportsAProgramAsMissingAlsoBehindAClosedFolder) {
  ASSERT_EQ(::mkdir(file("closed").c_str(), 0), 0);
  const ProgramResult result =
      run({"env", "PATH=" + file("closed") + ":/usr/bin:/bin", kStrobe, "run", "--", "no-such-program"});
  EXPECT_EQ(result.status, 127) << result.err;
}

TEST_P(Launch, SaysWhichSignalEndedTheProgram) {
  EXPECT_NE(run({"sh", "-c", "kill -SEGV $$"}).err.find("sh was ended by signal 11 (Segmentation fault"),
            std::string::npos);
  EXPECT_EQ(run({"sh", "-c", "kill -PIPE $$"}).err.find("was ended by"), std::string::npos) << "as shells do";
}

TEST_P(Launch, OfAProgramThatEndsAtOnce) {
  const ProgramResult result = run({"true"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_FALSE(result.timed_out);
  expect_quality_invariants(read_json(file("report.json")));
}

TEST_P(Launch, SaysWhyAProgramCannotBeExecuted) {
  write_file(file("plain"), "echo hello\n");
  write_file(file("lost_interpreter"), "#!/nonexistent/interpreter\n");
  write_file(file("foreign"), std::string("\x7f"
                                          "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0\1\0\0\0",
                                          24) +
                                  std::string(200, '\0'));
  for (const char* name : {"lost_interpreter", "foreign"}) ASSERT_EQ(::chmod(file(name).c_str(), 0755), 0);
  const struct {
    std::string program;
    int status;
    const char* what;
    const char* hint;
  } kCases[] = {
      {"no-such-program-anywhere", 127, "No such file", "PATH"},
      {"./no-such-program", 127, "No such file", "check the path"},
      {file("plain"), 126, "Permission denied", "chmod +x"},
      {folder(), 126, "Permission denied", "file with execute permission"},
      {file("lost_interpreter"), 127, "No such file", "interpreter"},
      {file("foreign"), 126, "Exec format error", "format"},
      {file("plain") + "/below", 126, "Not a directory", ""},
  };
  for (const auto& test : kCases) {
    for (const bool quiet : {false, true}) {
      const ProgramResult result = run({test.program}, quiet ? Words{"-q"} : Words{});
      EXPECT_EQ(result.status, test.status) << test.program << ": " << result.err;
      EXPECT_EQ(result.err.find("strobe: run "), 0U) << result.err;
      EXPECT_NE(result.err.find(test.what), std::string::npos) << result.err;
      EXPECT_NE(result.err.find(test.hint), std::string::npos) << result.err;
      EXPECT_NE(::access(file("recording.strobe").c_str(), F_OK), 0) << "an empty recording was left";
    }
  }
}

TEST_P(Launch, RunsAScriptWithoutInterpreterLineAsAShellDoes) {
  write_file(file("script"), "echo \"from the script: $1\"\nexit 5\n");
  ASSERT_EQ(::chmod(file("script").c_str(), 0755), 0);
  const ProgramResult result = run({"./script", "a b"});
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_EQ(result.out, "from the script: a b\n");
}

TEST_P(Launch, PassesArgumentsAsTheyAre) {
  const ProgramResult result =
      run({"printf", "<%s>", "--", "-o", "", "a b", "--json", "\xff\x1b[31m", "--force"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "<--><-o><><a b><--json><\xff\x1b[31m><--force>");
}

TEST_P(Launch, LeavesInputAndOutputAlone) {
  std::string bytes;
  uint32_t random = 12345;
  for (int i = 0; i < 3'000'000; ++i) {
    random = random * 1664525 + 1013904223;
    bytes += static_cast<char>(random >> 24);
  }
  write_file(file("in"), bytes);
  const ProgramResult result = run_words(
      {"sh", "-c", "cat in | " + line({"sh", "-c", "cat; echo words >&2"}) + " > out 2> err"}, folder());
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(read_file(file("out")) == bytes) << "the pipe's bytes were changed";
  EXPECT_EQ(read_file(file("err")).find("words\n"), 0U);
  EXPECT_NE(read_file(file("err")).find("recorded in"), std::string::npos);

  const ProgramResult quiet =
      run_words({"sh", "-c", line({"sh", "-c", "echo out; echo err >&2"}, {"-q"})}, folder());
  EXPECT_EQ(quiet.out, "out\n");
  EXPECT_EQ(quiet.err, "err\n");
}

/// What probe_state prints, behind what differs from one process to the next.
std::string comparable(const std::string& text, pid_t group) {
  std::string same = std::regex_replace(text, std::regex("pipe:\\[\\d+\\]"), "pipe");
  return std::regex_replace(same, std::regex("process group " + std::to_string(group) + "\n"),
                            "process group of the job\n");
}

TEST_P(Launch, GivesTheProgramWhatStrobeWasGiven) {
  const Words kWrappers[] = {
      {"env"},
      {"env", "--ignore-signal=PIPE,INT,QUIT,CHLD,XFSZ"},
      {"env", "--block-signal=TERM,USR1,CHLD,XFSZ"},
      {"env", "--default-signal=PIPE"},
      {"env", "-i", "PATH=/usr/bin:/bin", "ODD= a=b\n"},
      {"prlimit", "--nofile=200:400", "--core=0:0", "--stack=1000000:2000000", "--memlock=65536:65536"},
      {"nice", "-n", "5"},
      {"sh", "-c", "umask 027; exec \"$@\" 7</dev/null 9>&1", "sh"},
      {"sh", "-c", "exec \"$@\" <&-", "sh"},
      {"sh", "-c", "exec \"$@\" 2>&-", "sh"},
      {"sh", "-c", "exec \"$@\" <&- 2>&-", "sh"},
  };
  for (const Words& wrapper : kWrappers) {
    const auto state = [&](const Words& command) {
      Words all = wrapper;
      all.insert(all.end(), command.begin(), command.end());
      ChildProgram program(all, {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
      const pid_t group = program.pid();
      const ProgramResult result = program.finish();
      EXPECT_EQ(result.status, 0) << result.err;
      return comparable(result.out, group);
    };
    const Words probe = {STROBE_PROBE_STATE, "--", "-x", ""};
    const std::string without = state(probe);
    EXPECT_NE(without.find("process group of the job"), std::string::npos);
    EXPECT_EQ(state(words(probe)), without) << ::testing::PrintToString(wrapper);
  }
}

TEST_P(Launch, WithItsErrorOutputClosedWritesNothingElsewhere) {
  // Whatever Strobe opens first must not get the numbers of the standard streams.
  const ProgramResult result =
      run_words({"sh", "-c", "exec " + line({workload("two_functions"), "0.2"}) + " <&- 2>&-"}, folder());
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(last_line_json(result.out).is_object()) << result.out;
  const nlohmann::json report = report_of("recording.strobe");
  expect_quality_invariants(report);
  EXPECT_TRUE(amount_of(report, "seventy").found);
}

INSTANTIATE_TEST_SUITE_P(Both, Launch, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
