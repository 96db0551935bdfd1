// Programs whose names are not in the file that runs: found where they are, and what is not used is said.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 0.05;

class Symbols : public Integration {
 protected:
  /// Words of a shell, in the test's folder.
  void shell(const std::string& words) {
    ChildProgram::Options options;
    options.folder = folder();
    const ProgramResult result = ChildProgram({"/bin/sh", "-ec", words}, options).finish(kCompilerTime);
    ASSERT_EQ(result.status, 0) << result.err;
  }
  /// two_functions, compiled in the test's folder.
  void compile(const std::string& flags, const std::string& name = "whole") {
    const std::string source = std::string(STROBE_WORKLOAD_SOURCES) + "/two_functions.c";
    shell(std::string(STROBE_C_COMPILER) + " -O2 -Wl,--build-id " + flags + " '" + source + "' -o " + name);
  }
  /// Warnings of the report's quality that contain these words.
  static size_t count_warnings(const StrobeRun& run, const std::string& words) {
    const auto& warnings = run.report.at("quality").at("warnings");
    return static_cast<size_t>(std::ranges::count_if(warnings, [&](const auto& text) {
      return text.template get<std::string>().find(words) != std::string::npos;
    }));
  }
  static std::string build_id_of(const std::string& path) {
    const ProgramResult notes = ChildProgram({"readelf", "-n", path}).finish();
    std::smatch match;
    return std::regex_search(notes.out, match, std::regex("Build ID: ([0-9a-f]+)")) ? match[1].str() : "";
  }

  static constexpr std::chrono::minutes kCompilerTime{1};
};

TEST_F(Symbols, OfAProgramStrippedToMiniDebugInfo) {
  STROBE_NEED_PERF();
  if (!fs::exists("/usr/bin/xz")) GTEST_SKIP() << "xz is not installed";
  ASSERT_NO_FATAL_FAILURE(compile(""));
  ASSERT_NO_FATAL_FAILURE(
      shell("objcopy --only-keep-debug whole symbols; xz symbols;"
            "objcopy --strip-all --add-section .gnu_debugdata=symbols.xz whole app"));
  const StrobeRun run = run_strobe(strobe_run({file("app"), "0.5"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_true_shares(run, kTolerance);
  EXPECT_EQ(count_warnings(run, file("app")), 0u) << run.report.at("quality").dump();
}

TEST_F(Symbols, ADebugFileOfAnotherBuildIsRefusedAndSaid) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(compile("-g"));
  ASSERT_NO_FATAL_FAILURE(compile("-g -O3 -DANOTHER_BUILD", "other"));
  ASSERT_NO_FATAL_FAILURE(
      shell("objcopy --only-keep-debug whole app.debug;"
            "objcopy --strip-all --add-gnu-debuglink=app.debug whole app;"
            "mv app.debug right; objcopy --only-keep-debug other app.debug"));
  const std::string id = build_id_of(file("app"));
  const std::string other_id = build_id_of(file("other"));
  ASSERT_NE(id, other_id);
  const StrobeRun wrong = run_strobe(strobe_run({file("app"), "0.3"}));
  ASSERT_EQ(wrong.program.status, 0) << wrong.program.err;
  expect_quality_invariants(wrong.report);
  EXPECT_FALSE(amount_of(wrong.report, "seventy").found);
  EXPECT_EQ(count_warnings(wrong, "Debug file not used: " + file("app.debug")), 1u)
      << wrong.report.at("quality").dump();
  EXPECT_EQ(count_warnings(wrong, other_id), 1u);
  const ProgramResult text = strobe({"report", wrong.recording, "quality"});
  EXPECT_NE(text.out.find("is not the debug file of what ran"), std::string::npos) << text.out;
  // With the right one, another recording has its names.
  fs::rename(file("right"), file("app.debug"));
  fs::remove(wrong.recording);
  const StrobeRun right = run_strobe(strobe_run({file("app"), "0.5"}));
  expect_true_shares(right, kTolerance);
  EXPECT_EQ(count_warnings(right, "not used"), 0u);
}

TEST_F(Symbols, ALostDwoFileIsSaid) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(compile("-g -gsplit-dwarf -c", "app.o"));
  ASSERT_NO_FATAL_FAILURE(shell(std::string(STROBE_C_COMPILER) + " -Wl,--build-id app.o -o app; rm app.dwo"));
  const StrobeRun run = run_strobe(strobe_run({file("app"), "0.3"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_TRUE(amount_of(run.report, "seventy").found);
  EXPECT_EQ(count_warnings(run, "1 unit of " + file("app") +
                                    " without inlined functions: " + file("app.dwo") + " is missing"),
            1u)
      << run.report.at("quality").dump();
}

}  // namespace
}  // namespace strobe::test
