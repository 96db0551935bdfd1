// Names that a program chose to do harm with (escape sequences, line feeds, bytes that are no UTF-8), and
// terminals that can do little: nothing of it reaches a terminal raw or breaks the JSON.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "integration_fixture.h"
#include "report_checks.h"
#include "terminal.h"

namespace strobe::test {
namespace {

const char* const kHostileName =
    "\x1b[2J\xff\n\x07\x9b"
    "31m\"\\";
const char* const kHostileArgument = "\x1b]0;title\x07\xc3(\r\n";

/// Any control character but the line feed; 0x80 to 0x9f are some too, where they are no part of UTF-8.
size_t find_control(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) return i;
  }
  return std::string::npos;
}

/// Without the colours that Strobe itself makes: ESC [ numbers m.
std::string without_colours(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t end = text.compare(i, 2, "\x1b[") == 0 ? text.find_first_not_of("0123456789;", i + 2) : i;
    if (end != i && end != std::string::npos && text[end] == 'm') {
      i = end;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

class HostileNames : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
    program_ = file(std::string("a") + kHostileName);
    write_file(program_, read_file(STROBE_PROBE_THREADS));
    ASSERT_EQ(::chmod(program_.c_str(), 0755), 0);
  }
  [[nodiscard]] const std::string& program() const { return program_; }

 private:
  std::string program_;
};

TEST_P(HostileNames, NeverReachTheTerminalRaw) {
  // Default output name as well: it is made from the program's.
  const std::vector<std::string> command = {kStrobe,         "run", "--engine", GetParam(), "--json",
                                            "report.json",   "--",  program(),  "20",       kHostileName,
                                            kHostileArgument};
  ChildProgram strobe_program(command,
                              {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
  const ProgramResult result = strobe_program.finish();
  ASSERT_EQ(result.status, 7) << result.err;
  EXPECT_NE(result.err.find("recorded in"), std::string::npos) << result.err;
  EXPECT_EQ(find_control(result.err), std::string::npos) << result.err;

  const nlohmann::json report = read_json(file("report.json"));  // null where it is not UTF-8
  expect_quality_invariants(report);
  ASSERT_EQ(report.at("processes").size(), 1U);
  EXPECT_EQ(report.at("processes").at(0).at("threads").size(), 21U);

  Terminal terminal({.folder = folder(), .environment = {"TERM=xterm"}});
  for (const char* view : {"functions", "threads", "quality", "functions --wide --color always"}) {
    const ProgramResult plain = strobe({"report", "-q", "--json", "-"});
    EXPECT_EQ(find_control(plain.out), std::string::npos) << plain.out;
    terminal.type(std::string(kStrobe) + " report *.strobe " + view + "; echo status=$?.\n");
    ASSERT_TRUE(terminal.wait_for("status=0.")) << terminal.seen();
  }
  const std::string seen = without_colours(terminal.seen());
  EXPECT_EQ(find_control(seen), std::string::npos) << "at " << find_control(seen) << " of: " << seen;
}

INSTANTIATE_TEST_SUITE_P(Both, HostileNames, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

/// two_functions under other names: one of 100 KB, and one that no compiler takes, written over `kPlain`.
class HostileFunctions : public Integration {
 protected:
  static constexpr size_t kLongName = 100'000;
  static constexpr std::string_view kPlain = "thirty_0123456789abcdef";
  static constexpr std::string_view kHostile = "thirty\x1b[2J\n\r\t\xe2\x80\xae\xff\"<(%s\\";
  static_assert(kPlain.size() == kHostile.size());

  void SetUp() override {
    Integration::SetUp();
    STROBE_NEED_PERF();
    const ProgramResult compiled =
        ChildProgram({STROBE_C_COMPILER, "-O2", "-g", "-Dseventy=" + std::string(kLongName, 'a'),
                      "-Dthirty=" + std::string(kPlain),
                      std::string(STROBE_WORKLOAD_SOURCES) + "/two_functions.c", "-o", file("app")})
            .finish();
    ASSERT_EQ(compiled.status, 0) << compiled.err;
    std::string bytes = read_file(file("app"));
    size_t changed = 0;
    for (size_t at = bytes.find(kPlain); at != std::string::npos; at = bytes.find(kPlain, at), ++changed)
      bytes.replace(at, kPlain.size(), kHostile);
    ASSERT_GE(changed, 2U) << "in the symbol table and in the debug information";
    write_file(file("app"), bytes);
  }
};

TEST_F(HostileFunctions, AreOneLineInEveryViewAndWholeInTheJson) {
  const StrobeRun run = run_strobe(strobe_run({file("app"), "0.5"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_NEAR(amount_of(run.report, std::string(kLongName, 'a')).share, 0.7, 0.1);
  EXPECT_NEAR(amount_of(run.report, "thirty\x1b[2J\n\r\t\xe2\x80\xae\xef\xbf\xbd\"<(%s\\").share, 0.3, 0.1);

  const std::vector<std::vector<std::string>> kViews = {{"functions"},
                                                        {"functions", "--full-names", "--wide"},
                                                        {"functions", "--by", "line"},
                                                        {"lines"},
                                                        {"callers"},
                                                        {"callees"},
                                                        {"tree"},
                                                        {"tree", "--by", "thread"},
                                                        {"quality"},
                                                        {"functions", "--focus", "aaa", "a{200}"},
                                                        {"browse"}};
  for (const std::vector<std::string>& view : kViews) {
    std::vector<std::string> words = {kStrobe, "report", run.recording};
    words.insert(words.end(), view.begin(), view.end());
    const ProgramResult result =
        ChildProgram(words, {.folder = folder(), .input = "stats\ncallees\ntree\n"}).finish();
    ASSERT_EQ(result.status, 0) << view.front() << ": " << result.err;
    const std::string text = result.out + result.err;
    EXPECT_EQ(find_control(text), std::string::npos) << view.front() << ": " << text;
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << view.front() << ": " << text;
    EXPECT_LT(text.size(), size_t{60'000}) << view.front() << ": the long name is not cut";
    if (view.front() != "quality") {
      EXPECT_NE(text.find("aaaa"), std::string::npos) << view.front() << ": " << text;
    }
  }
  const ProgramResult compared = strobe({"compare", run.recording, run.recording});
  EXPECT_EQ(compared.status, 0) << compared.err;
  EXPECT_EQ(find_control(compared.out), std::string::npos) << compared.out;
}

class Terminals : public Integration {
 protected:
  /// What a run prints on such a terminal.
  [[nodiscard]] std::string run_on(const Terminal::Options& options) const {
    Terminal terminal(options);
    terminal.type(std::string(kStrobe) + " run --force -o r.strobe -- " + workload("two_functions") +
                  " 0.1; echo status=$?.\n");
    EXPECT_TRUE(terminal.wait_for("status=0.")) << terminal.seen();
    return terminal.seen();
  }
};

TEST_F(Terminals, AUsualOneGetsColours) {
  const std::string text = run_on({.folder = folder(), .environment = {"TERM=xterm", "NO_COLOR="}});
  EXPECT_NE(text.find("\x1b["), std::string::npos) << text;
  EXPECT_EQ(find_control(without_colours(text)), std::string::npos) << text;
}

TEST_F(Terminals, ADumbOneGetsPlainText) {
  const std::string text = run_on({.folder = folder(), .environment = {"TERM=dumb"}});
  EXPECT_NE(text.find("seventy"), std::string::npos) << text;
  EXPECT_EQ(find_control(text), std::string::npos) << text;
}

TEST_F(Terminals, ATinyOneGetsAWholeReport) {
  constexpr unsigned short kWidths[] = {0, 1, 2, 7, 20, 41, 79};
  for (const unsigned short columns : kWidths) {
    const std::string text = run_on({.folder = folder(), .environment = {"TERM=xterm"}, .columns = columns});
    EXPECT_NE(text.find("CPU seconds"), std::string::npos) << columns << ": " << text;
    EXPECT_NE(text.find("recorded in r.strobe"), std::string::npos) << columns << ": " << text;
  }
}

}  // namespace
}  // namespace strobe::test
