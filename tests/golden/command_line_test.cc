// Help pages and error messages of the program, byte for byte, with their exit status.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "golden_file.h"

namespace strobe {
namespace {

/// Runs a shell command in an empty folder; its output (stderr included) and exit status as text.
std::string run_shell(const std::string& command) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "strobe_golden_empty";
  std::filesystem::create_directories(folder);
  const std::string shell = "cd '" + folder.string() + "' && " + command + " 2>&1 </dev/null";
  FILE* pipe = ::popen(shell.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  std::array<char, 4096> buffer;
  for (size_t n = 0; (n = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  return output + "exit status " +
         std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) + "\n";
}

std::string strobe_with(const std::string& arguments) {
  return "$ strobe " + arguments + "\n" + run_shell(std::string("'") + STROBE_BINARY + "' " + arguments) +
         "\n";
}

TEST(GoldenCommandLine, Help) {
  test::expect_golden("help.txt", strobe_with("--help"));
  test::expect_golden("help_run.txt", strobe_with("run --help"));
  test::expect_golden("help_attach.txt", strobe_with("attach --help"));
  test::expect_golden("help_dump.txt", strobe_with("dump --help"));
  test::expect_golden("help_report.txt", strobe_with("report --help"));
  test::expect_golden("help_export.txt", strobe_with("export --help"));
  test::expect_golden("help_doctor.txt", strobe_with("doctor --help"));
  test::expect_golden("help_compare.txt", strobe_with("compare --help"));
  test::expect_golden("help_check.txt", strobe_with("check --help"));
  test::expect_golden("help_control.txt", strobe_with("control --help"));
}

TEST(GoldenCommandLine, Errors) {
  std::string text;
  for (const char* arguments : {"",
                                "nosuch",
                                "--nosuch",
                                "run",
                                "run --",
                                "run --nosuch true",
                                "run -r",
                                "run -r fast -- true",
                                "run -r 1000000 -- true",
                                "run -d -1 -- true",
                                "run --engine magic -- true",
                                "run --stack-bytes 70000 -- true",
                                "run --sort c -- true",
                                "run --sort nosuch -- true",
                                "run --color red -- true",
                                "run -n x -- true",
                                "run --json /nosuch/report.json -- true",
                                "attach",
                                "attach self",
                                "attach 0",
                                "attach 12x",
                                "dump",
                                "dump 12x",
                                "dump 0",
                                "doctor self",
                                "doctor --json /nosuch/report.json",
                                "report",
                                "report x.strobe nosuch",
                                "report functions '('",
                                "report functions 1.5",
                                "report threads 5",
                                "export",
                                "export --to html",
                                "export --to pstats",
                                "export --to pstats -o x.prof",
                                "export a.strobe --to pstats -o -",
                                "compare",
                                "compare a.strobe",
                                "compare a.strobe b.strobe",
                                "compare a.strobe b.strobe --sort name",
                                "compare a.strobe b.strobe lines '('",
                                "check",
                                "check a.strobe",
                                "check a.strobe --fail-if 'total.wall > 1s'",
                                "check --fail-if 'total.wal > 1s'",
                                "check --fail-if 'total.wall > 5%'",
                                "check --fail-if ''",
                                "check --budget nosuch.txt",
                                "check --budget /dev/null",
                                "check --fail-if 'total.wall > 1s' --confidence 10%",
                                "check --fail-if 'total.wall > 1s' --json - --junit -",
                                "check --fail-if 'total.wall > 1s' --junit /nosuch/x.xml",
                                "compare a=true",
                                "compare a=true a=false",
                                "compare a=true x.strobe",
                                "compare a=true other",
                                "compare a= b=true",
                                "compare --a x.strobe",
                                "compare --a x.strobe --b y.strobe",
                                "compare . y.strobe",
                                "compare . .",
                                "compare --scale 1,2",
                                "compare --scale 1 --with 'x {n}'",
                                "compare --scale 1,x --with 'x {n}'",
                                "compare --scale 1,2 --with x",
                                "compare --runs 0 a=true b=true",
                                "compare --runs 4 --precision 1% a=true b=true",
                                "compare --precision 0 a=true b=true",
                                "compare --timeout soon a=true b=true",
                                "compare --focus f a=true b=true",
                                "compare --json - --markdown - a=true b=true",
                                "compare --json /nosuch/x.json a=true b=true",
                                "report functions --sort cum 5",
                                "report functions --hide x 5",
                                "report threads --focus x",
                                "report --focus '('",
                                "report --by colour",
                                "report tree --sort cum",
                                "report tree --min-share 200",
                                "report --depth 3",
                                "report callers --by thread",
                                "report --state nosuch",
                                "report quality --wall",
                                "report locks --state lock",
                                "report functions --state lock --json -",
                                "report gil 5"}) {
    text += strobe_with(arguments);
  }
  test::expect_golden("errors.txt", text);
}

TEST(GoldenCommandLine, AReaderThatLeftIsNoError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);  // nobody reads any more, before the program begins
  const std::string output = run_shell("'" STROBE_BINARY "' run --help >&" + std::to_string(ends[1]));
  ::close(ends[1]);
  EXPECT_EQ(output, "exit status 0\n");
}

}  // namespace
}  // namespace strobe
