// Pythons that are not simply installed: in a virtual environment, within a program of somebody else's that
// links or loads a libpython, without symbols, built for debugging.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kScript = "slots_and_dicts.py";

/// What a Python says of itself; empty where it fails.
std::string say(const Interpreter& interpreter, const std::string& expression) {
  std::vector<std::string> words = interpreter.command;
  words.insert(words.end(), {"-c", "import sys, sysconfig; print(" + expression + ")"});
  const ProgramResult result = ChildProgram(words).finish();
  return result.status != 0 ? "" : result.out.substr(0, result.out.find('\n'));
}

/// The path of an interpreter's libpython; empty where it has none.
std::string library_of(const Interpreter& interpreter) {
  if (!interpreter.shared) return {};
  const std::string path =
      say(interpreter, "sysconfig.get_config_var('LIBDIR') + '/' + sysconfig.get_config_var('INSTSONAME')");
  return fs::exists(path) ? path : "";
}

class PythonBuilds : public PythonIntegration {
 protected:
  /// Runs the words in that mode; expects what kScript tells of itself.
  json record(const PythonMode& mode, const Interpreter& interpreter, const std::vector<std::string>& words) {
    const StrobeRun run = run_strobe(in_mode(mode, words));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    if (run.program.status != 0 || !run.report.is_object()) return {};
    obstacle_ = mode_obstacle(mode, run.report);
    if (!obstacle_.empty()) return run.report;
    expect_quality_invariants(run.report);
    expect_full_python(run.report, full_share(mode));
    expect_true_parts(interpreter, run.report, last_line_json(run.program.out), 0.04);
    return run.report;
  }

  std::string obstacle_;
};

class PythonBuildsOf : public PythonBuilds,
                       public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {};

TEST_P(PythonBuildsOf, InAVirtualEnvironment) {
  const auto& [mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  std::vector<std::string> words = interpreter.command;
  words.insert(words.end(), {"-m", "venv", "--without-pip", file("environment")});
  if (ChildProgram(words).finish().status != 0) GTEST_SKIP() << "this Python makes no virtual environments";
  const std::string python = file("environment") + "/bin/python";
  ASSERT_TRUE(fs::is_symlink(python)) << "an environment's interpreter is a link to its origin";
  static_cast<void>(record(mode, interpreter, {python, script(kScript), "0.6"}));
  if (!obstacle_.empty()) GTEST_SKIP() << obstacle_;
}

INSTANTIATE_TEST_SUITE_P(Modes, PythonBuildsOf,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.11", "3.12", "3.13t")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  test_name_of(std::get<1>(parameter.param));
                         });

enum class Embedding { linked, loaded, loaded_stripped };
std::ostream& operator<<(std::ostream& out, Embedding embedding) {
  constexpr const char* kNames[] = {"linked", "loaded", "loaded_stripped"};
  return out << kNames[static_cast<int>(embedding)];
}

class EmbeddedPython : public PythonBuilds,
                       public ::testing::WithParamInterface<std::tuple<Embedding, PythonMode, const char*>> {
 protected:
  void TearDown() override {
    ::unsetenv("PYTHONHOME");
    PythonBuilds::TearDown();
  }
  /// The program with that libpython; empty, with a failure, where it cannot be built.
  std::string build(Embedding embedding, const std::string& library) {
    std::vector<std::string> words = {
        "cc", "-O1", "-g", "-o", file("embedding"), std::string(STROBE_PYTHON_SUPPORT) + "/embedding.c"};
    if (embedding == Embedding::linked) {
      const std::string folder = fs::path(library).parent_path().string();
      words.insert(words.end(), {"-DEMBED_LINKED", library, "-Wl,-rpath," + folder});
    }
    const ProgramResult built = ChildProgram(words).finish();
    EXPECT_EQ(built.status, 0) << built.err;
    return built.status == 0 ? file("embedding") : "";
  }
};

TEST_P(EmbeddedPython, StandsBelowTheProgramThatCallsIt) {
  const auto& [embedding, mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  std::string library = library_of(interpreter);
  if (library.empty()) GTEST_SKIP() << "this Python has no libpython";
  ::setenv("PYTHONHOME", say(interpreter, "sys.prefix").c_str(), 1);
  if (embedding == Embedding::loaded_stripped) {
    const ProgramResult stripped =
        ChildProgram({"strip", "--strip-all", "-o", file("libpython.so"), library}).finish();
    ASSERT_EQ(stripped.status, 0) << stripped.err;
    library = file("libpython.so");
  }
  const std::string program = build(embedding, library);
  if (program.empty()) return;
  const json report = record(mode, interpreter, {program, library, script(kScript), "0.6"});
  if (!obstacle_.empty()) GTEST_SKIP() << obstacle_;
  if (!report.is_object()) return;
  const FunctionAmount array = amount_of(report, "sum_array", "total");
  EXPECT_NEAR(seconds_of_path(report, {"main", "run_script", "<module>", "main", "sum_array"}), array.seconds,
              0.02 * array.seconds);
  const FunctionAmount outer = amount_of(report, "outer_work", "total");
  EXPECT_NEAR(outer.seconds, 0.2, 0.03);
  EXPECT_EQ(seconds_of_path(report, {"outer_work", "<module>"}), 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, EmbeddedPython,
                         ::testing::Combine(::testing::Values(Embedding::linked, Embedding::loaded,
                                                              Embedding::loaded_stripped),
                                            ::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.11_shared", "3.12", "3.13_shared")),
                         [](const auto& parameter) {
                           return ::testing::PrintToString(std::get<0>(parameter.param)) + "_" +
                                  std::get<1>(parameter.param).name + "_" +
                                  test_name_of(std::get<2>(parameter.param));
                         });

class PythonForDebugging : public PythonBuilds,
                           public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {};

TEST_P(PythonForDebugging, IsReadLikeAnyOther) {
  const auto& [mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  ASSERT_EQ(say(interpreter, "hasattr(sys, 'gettotalrefcount')"), "True") << "not built for debugging";
  static_cast<void>(record(mode, interpreter, python(interpreter, kScript, {"0.8"})));
  if (!obstacle_.empty()) GTEST_SKIP() << obstacle_;
}

INSTANTIATE_TEST_SUITE_P(Modes, PythonForDebugging,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.11d", "3.14d")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  test_name_of(std::get<1>(parameter.param));
                         });

}  // namespace
}  // namespace strobe::test
