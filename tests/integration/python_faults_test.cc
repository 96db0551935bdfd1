// Python programs in bad moments: they crash, run out of memory, exec, fork, end while a thread goes on,
// import, make interpreters and end them. They come to their own end, what they did is found, and losses are
// counted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

struct Moment {
  const char* name;
  int status;            ///< of the program, which `strobe run` hands on
  const char* function;  ///< what must be found
  double seconds;        ///< at least so much of the CPU time that it takes itself is seen there
  size_t processes = 1;  ///< recorded
};
std::ostream& operator<<(std::ostream& out, const Moment& moment) { return out << moment.name; }

constexpr const char* kPerf = "perf";
constexpr const char* kPtrace = "ptrace";

class PythonFaults : public PythonIntegration,
                     public ::testing::WithParamInterface<std::tuple<Moment, const char*, const char*>> {};

TEST_P(PythonFaults, AreTheProgramsOwn) {
  const auto& [moment, engine, version] = GetParam();
  if (std::string(engine) == kPerf) STROBE_NEED_PERF();
  STROBE_NEED_PYTHON(interpreter, version);
  std::vector<std::string> command = interpreter.command;
  command.insert(command.end(), {std::string(STROBE_PYTHON_SUPPORT) + "/python_moments.py", moment.name});
  const StrobeRun run = run_strobe(strobe_run(command, {"--engine", engine}));
  EXPECT_EQ(run.program.status, moment.status) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("processes").size(), moment.processes);
  EXPECT_GE(amount_of(run.report, moment.function, "total").seconds, moment.seconds);

  // Every sample of a Python has an outcome of its Python stack, whatever became of that.
  const auto& python = run.report.at("quality").at("python");
  uint64_t looked_at = 0;
  for (const char* outcome : {"none", "full", "partial", "inconsistent", "unread"})
    looked_at += python.at(outcome).get<uint64_t>();
  EXPECT_GT(python.at("full").get<uint64_t>(), 0U);
  EXPECT_LE(looked_at, run.report.at("quality").at("samples").at("stored").get<uint64_t>());
}

INSTANTIATE_TEST_SUITE_P(
    Python, PythonFaults,
    ::testing::Combine(::testing::Values(Moment{"crashing", 139, "crashing", 0.1},
                                         Moment{"out_of_memory", 1, "out_of_memory", 0.1},
                                         Moment{"executing", 0, "executing", 0.1},
                                         Moment{"forking", 0, "forking", 0.2, 21},
                                         Moment{"finalizing", 0, "at_the_end", 0.05},
                                         Moment{"importing", 0, "importing", 0.05},
                                         Moment{"interpreters", 0, "interpreters", 0.18}),
                       ::testing::Values(kPerf, kPtrace), ::testing::Values("3.11", "3.14")),
    [](const auto& parameter) {
      return std::string(std::get<0>(parameter.param).name) + "_" + std::get<1>(parameter.param) + "_" +
             test_name_of(std::get<2>(parameter.param));
    });

}  // namespace
}  // namespace strobe::test
