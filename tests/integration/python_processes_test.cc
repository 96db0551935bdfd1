// Python in more than one process: attached to while it works, started by every way that Python has, in a
// root of its own, and several interpreters in one recording.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"
#include "source_marks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class PythonAttach : public PythonIntegration,
                     public ::testing::WithParamInterface<std::tuple<const char*, PythonMode, const char*>> {
};

/// Shares of what was recorded are those of the whole run: every round of these scripts is like every other.
TEST_P(PythonAttach, FindsWhatRuns) {
  const auto& [name, mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  ChildProgram target(python(interpreter, name, {"1.5"}));
  ASSERT_TRUE(wait_for_work(target.pid(), 0.3));
  AttachedStrobe::Setup setup;
  setup.folder = folder();
  setup.wrapper = in_mode(mode, {}).wrapper;
  setup.options = {"--engine", mode.engine};
  setup.pids = {target.pid()};
  AttachedStrobe strobe(setup);
  const StrobeRun run = strobe.finish();
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const ProgramResult ended = target.finish();
  EXPECT_EQ(ended.status, 0) << ended.err;
  ASSERT_TRUE(run.report.is_object());
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  expect_quality_invariants(run.report);
  expect_full_python(run.report, full_share(mode));
  const json truth = last_line_json(ended.out);
  expect_true_parts(interpreter, run.report, truth, 0.04);
}

std::string name_of_attach(const ::testing::TestParamInfo<PythonAttach::ParamType>& parameter) {
  const std::string name = std::get<0>(parameter.param);
  return name.substr(0, name.find('.')) + "_" + std::get<1>(parameter.param).name + "_" +
         test_name_of(std::get<2>(parameter.param));
}
INSTANTIATE_TEST_SUITE_P(
    Python, PythonAttach,
    ::testing::Combine(::testing::Values("slots_and_dicts.py", "event_emitter.py", "thread_pool_cpu.py"),
                       ::testing::Values(kInInterrupt, kStopped, kRunning),
                       ::testing::Values("3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")),
    name_of_attach);
// Their frames are exact when the thread stands still.
INSTANTIATE_TEST_SUITE_P(OldPython, PythonAttach,
                         ::testing::Combine(::testing::Values("slots_and_dicts.py", "event_emitter.py"),
                                            ::testing::Values(kInInterrupt, kStopped),
                                            ::testing::Values("3.9", "3.10")),
                         name_of_attach);

struct Method {
  const char* name;
  size_t helpers;  ///< processes besides parent and two children: servers and trackers, at most
};
std::ostream& operator<<(std::ostream& out, const Method& method) { return out << method.name; }

class PythonChildren : public PythonIntegration,
                       public ::testing::WithParamInterface<std::tuple<Method, PythonMode, const char*>> {};

/// Processes that ran `function` at all.
size_t processes_with(const json& report, const std::string& function) {
  std::set<uint64_t> ids;
  for (const json& row : report.at("functions"))
    if (row.value("name", "") == function) ids.insert(row.at("id").get<uint64_t>());
  std::set<int64_t> tids;
  for (const json& stack : report.at("stacks"))
    for (const json& frame : stack.at("frames"))
      if (ids.contains(frame.at("function").get<uint64_t>())) tids.insert(stack.at("thread").get<int64_t>());
  size_t count = 0;
  for (const json& process : report.at("processes")) {
    bool runs = false;
    for (const json& thread : process.at("threads")) runs = runs || tids.contains(thread.at("tid"));
    count += runs ? 1 : 0;
  }
  return count;
}

TEST_P(PythonChildren, AreInTheRecording) {
  const auto& [method, mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  const StrobeRun run =
      run_strobe(in_mode(mode, python(interpreter, "start_methods.py", {"0.8", method.name})));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  expect_quality_invariants(run.report);
  expect_full_python(run.report, full_share(mode) - 0.03);
  const bool perf = std::string(mode.engine) == "perf";
  // Importing and ending are no part of what children tell: of the forkserver's nobody can wait for them.
  const double tolerance = perf ? 0.05 : 0.08;
  expect_true_shares(run, tolerance);
  const size_t processes = run.report.at("processes").size();
  EXPECT_GE(processes, 3U);
  EXPECT_LE(processes, 3 + method.helpers);
  EXPECT_EQ(processes_with(run.report, "count_primes"), 2U);
  const json key = expect_python_key(run.report, script("jobs.py"), "count_primes");
  if (key.is_object()) expect_hot_lines(run.report, key, script("jobs.py"));
}

INSTANTIATE_TEST_SUITE_P(Python, PythonChildren,
                         ::testing::Combine(::testing::Values(Method{"fork", 1}, Method{"spawn", 1},
                                                              Method{"forkserver", 2},
                                                              Method{"subprocess", 0}),
                                            ::testing::Values(kInInterrupt, kStopped),
                                            ::testing::Values("3.11", "3.13", "3.14", "3.15")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  std::get<1>(parameter.param).name + "_" +
                                  test_name_of(std::get<2>(parameter.param));
                         });

class SeveralPythons : public PythonIntegration {};

TEST_F(SeveralPythons, AreInOneRecording) {
  STROBE_NEED_PERF();
  std::string shell;
  std::set<int> minors;
  for (const char* name : kInterpreterNames) {
    const auto interpreter = find_interpreter(name);
    // One of each version: 3.10 and before have other names for the same functions.
    if (!interpreter || interpreter->minor < 11 || interpreter->debug ||
        !minors.insert(interpreter->minor).second)
      continue;
    shell += interpreter->command.front() + " " + script("slots_and_dicts.py") + " 0.4 & ";
  }
  if (minors.size() < 2) GTEST_SKIP() << "there is only one version of CPython";
  const StrobeRun run = run_strobe(strobe_run({"sh", "-c", shell + "wait"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object());
  expect_quality_invariants(run.report);
  expect_full_python(run.report, 0.95);
  const json names = run.report.at("quality").at("python").at("interpreters");
  for (const int minor : minors) {
    const std::string wanted = "CPython 3." + std::to_string(minor) + ".";
    bool found = false;
    for (const json& name : names) found = found || name.get<std::string>().rfind(wanted, 0) == 0;
    EXPECT_TRUE(found) << wanted << " of " << names.dump();
  }
  // One script, so one row of each function, whichever interpreter ran it.
  EXPECT_EQ(processes_with(run.report, "sum_array"), minors.size());
  const json key = expect_python_key(run.report, script("slots_and_dicts.py"), "sum_array");
  if (key.is_object()) expect_hot_lines(run.report, key, script("slots_and_dicts.py"));
}

/// A folder in another root, gone at the end.
class FolderInTree {
 public:
  explicit FolderInTree(const std::string& tree)
      : inside_("/tmp/strobe-test-" + std::to_string(::getpid())), outside_(tree + inside_) {
    fs::create_directories(outside_);
  }
  FolderInTree(const FolderInTree&) = delete;
  FolderInTree& operator=(const FolderInTree&) = delete;
  ~FolderInTree() {
    std::error_code error;
    fs::remove_all(outside_, error);
  }
  [[nodiscard]] const std::string& inside() const { return inside_; }
  void bring(const std::string& file) const {
    fs::copy_file(file, outside_ + "/" + fs::path(file).filename().string());
  }

 private:
  std::string inside_;
  std::string outside_;
};

class PythonInAnotherRoot : public PythonIntegration,
                            public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {};

TEST_P(PythonInAnotherRoot, IsReadThroughIt) {
  const auto& [mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can change the root";
  const std::string tree = tree_of(interpreter);
  const FolderInTree place(tree);
  for (const char* file : {"slots_and_dicts.py", "truth.py"}) place.bring(script(file));
  const std::string inside = place.inside() + "/slots_and_dicts.py";
  const StrobeRun run = run_strobe(in_mode(
      mode, {"chroot", tree, "/usr/bin/python3." + std::to_string(interpreter.minor), inside, "0.8"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  expect_quality_invariants(run.report);
  expect_full_python(run.report, full_share(mode));
  expect_true_shares(run, std::string(mode.engine) == "perf" ? 0.02 : 0.04);
  for (const json& row : run.report.at("functions")) {
    if (row.value("name", "") != "sum_array") continue;
    EXPECT_EQ(row.value("file", ""), inside);
  }
}

INSTANTIATE_TEST_SUITE_P(Python, PythonInAnotherRoot,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped, kRunning),
                                            ::testing::Values("3.13", "3.14", "3.15")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  test_name_of(std::get<1>(parameter.param));
                         });

class OtherPythons : public Integration, public ::testing::WithParamInterface<const char*> {};

TEST_P(OtherPythons, AreNamedAndProfiledNatively) {
  const std::string interpreter = file("pypy3");  // as far as names go
  fs::copy_file(workload("two_functions"), interpreter);
  const StrobeRun run = run_strobe(strobe_run({interpreter, "0.3"}, {"--engine", GetParam()}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  const std::string warnings = run.report.at("quality").at("warnings").dump();
  EXPECT_NE(warnings.find("runs PyPy, which Strobe cannot read: native frames only"), std::string::npos)
      << warnings;
  expect_true_shares(run, 0.04);
}

INSTANTIATE_TEST_SUITE_P(Both, OtherPythons, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
