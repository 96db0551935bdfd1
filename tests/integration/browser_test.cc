// The browser of recordings as a user meets it: on a terminal, where lines are edited, and through a pipe.
#include <gtest/gtest.h>

#include <filesystem>

#include "integration_fixture.h"
#include "terminal.h"

namespace strobe::test {
namespace {

class BrowserDialogue : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    const StrobeRun run = run_strobe(strobe_run({workload("two_functions"), "0.1"}));
    ASSERT_EQ(run.program.status, 0) << run.program.err;
  }
  [[nodiscard]] ProgramResult piped(const std::string& input) const {
    ChildProgram program({kStrobe, "report", "recording.strobe", "browse"},
                         {.folder = folder(), .input = input});
    return program.finish();
  }
};

TEST_F(BrowserDialogue, ReadsCommandsFromAPipe) {
  const ProgramResult result =
      piped("sort cum\nstats 2\nnosuch\ncallers main");  // the last without line break
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("Ordered by: cumulative time"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("was called by..."), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("recording.strobe% "), std::string::npos)
      << "a prompt, though nobody types: " << result.out;
  EXPECT_NE(result.err.find("unknown command 'nosuch'"), std::string::npos) << result.err;
}

TEST_F(BrowserDialogue, ListsAreWholeWhereTheyAreNotRestricted) {
  // Strobe itself has more functions than the usual limit of rows.
  std::filesystem::rename(file("recording.strobe"), file("first.strobe"));
  const StrobeCommand many = strobe_run({kStrobe, "report", "first.strobe"}, {"-r", "10k"});
  const StrobeRun run = run_strobe(many);
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_GT(run.report.at("functions").size(), 20U);
  EXPECT_EQ(piped("stats\n").out.find("List reduced"), std::string::npos);
  EXPECT_NE(strobe({"report", "recording.strobe"}).out.find("List reduced"), std::string::npos);
}

TEST_F(BrowserDialogue, EndsWithItsInputAndWithQuit) {
  EXPECT_EQ(piped("").status, 0);
  const ProgramResult result = piped("quit\nstats\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "");
}

TEST_F(BrowserDialogue, AFileThatIsNoRecordingIsSaid) {
  EXPECT_EQ(strobe({"report", "/etc/passwd", "browse"}).status, 125);
  const ProgramResult result = piped("read /etc/passwd\nadd /nosuch\nstats 1\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("/etc/passwd"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("/nosuch"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("CPU seconds"), std::string::npos) << "what was open stays open: " << result.out;
}

class BrowserOnATerminal : public BrowserDialogue, public ::testing::WithParamInterface<const char*> {
 protected:
  void start() {
    terminal_.emplace(
        Terminal::Options{.folder = folder(), .environment = {std::string("TERM=") + GetParam()}});
    terminal_->type(std::string(kStrobe) + " report recording.strobe browse\n");
    expect("recording.strobe% ");
  }
  void TearDown() override {
    terminal_.reset();
    BrowserDialogue::TearDown();
  }
  void expect(std::string_view text) {
    ASSERT_TRUE(terminal_->wait_for(text)) << "no '" << text << "' in: " << terminal_->seen();
  }
  void expect_left() {
    expect("Goodbye.");  // from here on what is typed is the shell's
    terminal_->type("echo status=$?.\n");
    expect("status=0.");
  }
  [[nodiscard]] const Terminal& terminal() const { return *terminal_; }

 private:
  std::optional<Terminal> terminal_;
};

TEST_P(BrowserOnATerminal, CtrlCForgetsTheLineAndCtrlDLeaves) {
  ASSERT_NO_FATAL_FAILURE(start());
  terminal().type("nosuch");
  if (std::string(GetParam()) != "dumb") {
    ASSERT_NO_FATAL_FAILURE(expect("nosuch"));  // it is being edited
  }
  terminal().type(kCtrlC);
  ASSERT_NO_FATAL_FAILURE(expect("recording.strobe% "));
  terminal().type("help quit\n");
  ASSERT_NO_FATAL_FAILURE(expect("Leave; so do EOF and Ctrl-D."));
  ASSERT_NO_FATAL_FAILURE(expect("recording.strobe% "));
  EXPECT_EQ(terminal().seen().find("unknown command"), std::string::npos) << terminal().seen();
  terminal().type("\x04");
  ASSERT_NO_FATAL_FAILURE(expect_left());
}

INSTANTIATE_TEST_SUITE_P(Kinds, BrowserOnATerminal, ::testing::Values("xterm", "dumb"),
                         [](const auto& kind) { return std::string(kind.param); });

class BrowserEditing : public BrowserOnATerminal {};

TEST_P(BrowserEditing, CompletesAndRemembers) {
  ASSERT_NO_FATAL_FAILURE(start());
  terminal().type("cal\tr\t");  // as far as it is certain, then to the end
  terminal().type("main 1\n");
  ASSERT_NO_FATAL_FAILURE(expect("was called by..."));
  ASSERT_NO_FATAL_FAILURE(expect("recording.strobe% "));
  terminal().type("read rec\t");
  terminal().type("\n");
  ASSERT_NO_FATAL_FAILURE(expect("\n"));
  ASSERT_NO_FATAL_FAILURE(expect("recording.strobe% "));
  terminal().type("\x1b[A\x1b[A\n");  // two lines back
  ASSERT_NO_FATAL_FAILURE(expect("was called by..."));
  ASSERT_NO_FATAL_FAILURE(expect("recording.strobe% "));
  terminal().type("quit\n");
  ASSERT_NO_FATAL_FAILURE(expect_left());
}

INSTANTIATE_TEST_SUITE_P(Kinds, BrowserEditing, ::testing::Values("xterm"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace strobe::test
