// Python's small objects (--python-allocators) against what Python says of them itself: each once, the
// interpreter's arenas not at all, and the program no other than without.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "memory_fixture.h"
#include "support/interpreters.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class MemoryOfObjects : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] static std::vector<std::string> words(const Interpreter& interpreter,
                                                      const std::vector<std::string>& more) {
    std::vector<std::string> all = interpreter.command;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] static std::string script() {
    return std::string(STROBE_PYTHON_SUPPORT) + "/heap_objects.py";
  }
  /// Bytes of a kind that are live below a function.
  [[nodiscard]] static double live_of_kind(const json& report, const std::string& kind,
                                           const std::string& function) {
    const json row = memory_row(report, function);
    double bytes = 0;
    for (const json& stack : report.at("memory").at("stacks")) {
      const json& frames = stack.at("frames");
      const bool below = std::ranges::any_of(
          frames, [&](const json& frame) { return frame.at("function") == row.at("id"); });
      if (stack.at("kind") == kind && below) bytes += stack.at("own").at("live_bytes").get<double>();
    }
    return bytes;
  }
  static void expect_objects(const json& report, const json& truth) {
    for (const auto& [name, account] : truth.items()) {
      const json row = memory_row(report, name);
      ASSERT_FALSE(row.is_null()) << name;
      const json& total = row.at("total");
      EXPECT_NEAR(total.at("live_bytes").get<double>(), account.at("live_bytes").get<double>(),
                  account.at("slack").get<double>())
          << name;
      const json& count = account.contains("live_count") ? account.at("live_count") : total.at("live_count");
      EXPECT_EQ(total.at("live_count"), count) << name;
    }
  }
};

TEST_P(MemoryOfObjects, IsWhatPythonSaysItself) {
  STROBE_NEED_PYTHON(interpreter, GetParam());
  const StrobeRun run = record_all(words(interpreter, {script()}), {"--python-allocators"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  const json truth = last_line_json(run.program.out).at("objects");
  ASSERT_NO_FATAL_FAILURE(expect_objects(run.report, truth));
  EXPECT_TRUE(run.report.at("memory").at("python_allocators").get<bool>());
  // Small ones came from the interpreter, large ones from malloc, where it has no allocator for all.
  const double large = truth.at("large_objects").at("live_bytes").get<double>();
  EXPECT_EQ(live_of_kind(run.report, "python", "slotted_objects"),
            truth.at("slotted_objects").at("live_bytes"));
  EXPECT_EQ(live_of_kind(run.report, interpreter.free_threaded ? "python" : "malloc", "large_objects"),
            large);
  EXPECT_EQ(live_of_kind(run.report, "mmap", "slotted_objects"), 0) << "an arena counts beside what is in it";
  EXPECT_EQ(run.report.at("memory").at("processes").at(0).at("invalid_frees"), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryOfObjects, ::testing::ValuesIn(kInterpreterNames),
                         [](const auto& parameter) { return test_name_of(parameter.param); });

class MemoryOfObjectsIn : public MemoryOfObjects {};

/// The table is replaced by the interpreter itself then, and has to be changed again.
TEST_P(MemoryOfObjectsIn, DevelopmentModeIsSeenAsWell) {
  STROBE_NEED_PYTHON(interpreter, GetParam());
  const StrobeRun run =
      record_all(words(interpreter, {"-X", "dev", script(), "1000"}), {"--python-allocators"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  expect_objects(run.report, last_line_json(run.program.out).at("objects"));
}

/// Threads, children by fork and exec, a heap that is counted by Python at the same time.
TEST_P(MemoryOfObjectsIn, TheProgramIsTheSame) {
  STROBE_NEED_PYTHON(interpreter, GetParam());
  const std::string program = file("program.py");
  std::ofstream(program) << R"PY(
import gc, json, os, subprocess, sys, threading, tracemalloc
def churn(out):
    out.append(len(json.dumps([{"k": i, "v": [str(i)] * (i % 40)} for i in range(5000)])))
out = []
threads = [threading.Thread(target=churn, args=(out,)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
tracemalloc.start()
churn(out)
tracemalloc.stop()
churn(out)
sys.stdout.flush()
child = os.fork()
if child == 0:
    churn(out)
    print("child", len(out), flush=True)
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
print(subprocess.run([sys.executable, "-c", "print(sorted({str(i) for i in range(9)}))"], capture_output=True))
gc.collect()
print(out)
sys.exit(7)
)PY";
  const ProgramResult without = ChildProgram(words(interpreter, {program})).finish();
  ASSERT_EQ(without.status, 7) << without.err;
  for (const char* mode : {"--memory=all", "--memory"}) {
    const StrobeRun run =
        run_strobe(strobe_run(words(interpreter, {program}), {mode, "--python-allocators", "-q", "--force"}));
    EXPECT_EQ(run.program.status, 7);
    EXPECT_EQ(run.program.out, without.out);
    EXPECT_EQ(run.program.err, without.err);
    ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
    EXPECT_EQ(run.report.at("quality").at("memory").at("processes"), 3);
    EXPECT_TRUE(run.report.at("quality").at("memory").at("unseen").empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryOfObjectsIn, ::testing::Values("3.11", "3.14", "3.14t"),
                         [](const auto& parameter) { return test_name_of(parameter.param); });

class MemoryOfShortLivedCode : public MemoryOfObjects {};

/// Code that is freed before Strobe read its name has none: never that of what came to its place.
TEST_P(MemoryOfShortLivedCode, HasItsOwnNameOrNone) {
  STROBE_NEED_PYTHON(interpreter, GetParam());
  const std::string script = std::string(STROBE_PYTHON_SUPPORT) + "/short_lived_code.py";
  const StrobeRun run = record_all(words(interpreter, {script}), {});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  double all = 0;
  double named = 0;
  const json truth = last_line_json(run.program.out);
  ASSERT_EQ(truth.size(), 400U);
  for (const auto& [name, bytes] : truth.items()) {
    all += bytes.get<double>();
    const json row = memory_row(run.report, name);
    if (row.is_null()) continue;
    EXPECT_EQ(row.at("total").at("live_bytes"), bytes) << name;
    named += bytes.get<double>();
  }
  const json nameless = memory_row(run.report, "[Python code freed before Strobe read its name]");
  const double gone = nameless.is_null() ? 0 : nameless.at("total").at("live_bytes").get<double>();
  EXPECT_GE(gone + named, all);
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryOfShortLivedCode, ::testing::ValuesIn(kInterpreterNames),
                         [](const auto& parameter) { return test_name_of(parameter.param); });

class MemoryOfObjectsSampled : public MemoryTest {};

/// Estimates of small objects and large ones together are about the truth: none counts twice.
TEST_F(MemoryOfObjectsSampled, EstimatesHaveTheTruthInTheirIntervals) {
  const std::string script = std::string(STROBE_PYTHON_SUPPORT) + "/heap_objects.py";
  const StrobeRun run =
      run_strobe(strobe_run({"/usr/bin/python3.11", script, "20000"},
                            {"--memory", "--memory-interval", "5K", "--python-allocators"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  const json truth = last_line_json(run.program.out).at("objects");
  for (const auto& [name, account] : truth.items()) {
    const json row = memory_row(run.report, name);
    ASSERT_FALSE(row.is_null()) << name;
    // 99.99 %: 3.9 standard errors.
    const double room = 3.9 / 1.96 * row.at("total").at("live_error").get<double>();
    EXPECT_NEAR(row.at("total").at("live_bytes").get<double>(), account.at("live_bytes").get<double>(),
                room + account.at("slack").get<double>())
        << name;
  }
}

TEST_F(MemoryOfObjectsSampled, NeedsRecordedAllocations) {
  for (const char* with : {"-q", "--memory=resident"}) {
    const ProgramResult result = strobe({"run", "--python-allocators", with, "--", "true"});
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.err.find("--memory"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace strobe::test
