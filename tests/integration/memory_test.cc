// Allocations of real programs, recorded by the library that they load: in mode `all` exact to the byte,
// whatever function was called, in every thread and child, and however the program ends.
#include <gtest/gtest.h>

#include <csignal>

#include "memory_fixture.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class Memory : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
};

TEST_P(Memory, OfHeapsOfAllShapesIsExact) {
  const StrobeRun run = record_all({workload("heap_shapes"), "3"}, {"--engine", GetParam()});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run, "own");  // what starting a thread takes is not its
  EXPECT_EQ(run.report.at("quality").at("memory").at("processes"), 2);
  // The child gives back nothing of its own but what it took; what it inherited is no leak of either.
  EXPECT_EQ(memory_row(run.report, "fork_with_heap").at("own").at("live_bytes"), 0);
  for (const json& process : run.report.at("memory").at("processes")) {
    EXPECT_GT(process.at("peak_bytes").get<uint64_t>(), 0U) << process.dump();
  }
}

TEST_P(Memory, OfEveryFunctionIsExact) {
  const StrobeRun run = record_all({STROBE_HEAP_CALLS}, {"--engine", GetParam()});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run);
}

INSTANTIATE_TEST_SUITE_P(Both, Memory, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

struct Ending {
  const char* mode;
  int status;
};

class MemoryEndings : public MemoryTest, public ::testing::WithParamInterface<Ending> {};

TEST_P(MemoryEndings, KeepWhatWasTold) {
  const StrobeRun run = record_all({STROBE_HEAP_CALLS, GetParam().mode});
  EXPECT_EQ(run.program.status, GetParam().status) << run.program.err;
  expect_exact_heap(run);
}

INSTANTIATE_TEST_SUITE_P(All, MemoryEndings,
                         ::testing::Values(Ending{"crash", 128 + SIGSEGV}, Ending{"kill", 128 + SIGKILL},
                                           Ending{"exit", 3}, Ending{"closefrom", 0},
                                           Ending{"close_range", 0}, Ending{"handler", 0}),
                         [](const auto& parameter) { return std::string(parameter.param.mode); });

class MemoryOfCxx : public MemoryTest {
 protected:
  [[nodiscard]] StrobeRun with_own_allocator(const std::string& mode) const {
    StrobeCommand command = strobe_run({STROBE_HEAP_NEW, mode}, {"--memory=all"});
    command.wrapper = {"env", std::string("LD_PRELOAD=") + STROBE_OWN_ALLOCATOR};
    return run_strobe(command);
  }
};

TEST_F(MemoryOfCxx, OperatorsAreSeenInAllForms) {
  for (const char* mode : {"free", "leak"}) {
    const StrobeRun run = record_all({STROBE_HEAP_NEW, mode}, {"--force"});
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    expect_exact_heap(run);
  }
}

// Its LD_PRELOAD stays, and its operators do not call malloc.
TEST_F(MemoryOfCxx, AnAllocatorOfItsOwnIsSeenAsWell) {
  const StrobeRun run = with_own_allocator("leak");
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run);
}

/// Python's own functions, between those of the interpreter and C.
class MemoryOfPython : public MemoryTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(MemoryOfPython, StacksHaveItsFunctions) {
  if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  const std::string script = std::string(STROBE_PYTHON_WORKLOADS) + "/heap_buffers.py";
  const StrobeRun run = record_all({"/usr/bin/python3", script, "50"}, {"--engine", GetParam()});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  const json truth = last_line_json(run.program.out).at("python_heap");
  for (const auto& [name, account] : truth.items()) {
    const json row = memory_row(run.report, name);
    ASSERT_FALSE(row.is_null()) << name;
    // Beside the buffers only what the interpreter needs to run the function.
    const auto bytes = account.at("bytes").get<double>();
    EXPECT_GE(row.at("total").at("bytes").get<double>(), bytes) << name;
    EXPECT_LE(row.at("total").at("bytes").get<double>(), bytes + 20'000) << name;
    EXPECT_NEAR(row.at("total").at("live_bytes").get<double>(), account.at("live_bytes").get<double>(),
                20'000)
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, MemoryOfPython, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

/// Estimates by samples.
class MemorySampled : public MemoryTest {
 protected:
  [[nodiscard]] StrobeRun record(const std::string& interval) const {
    return run_strobe(
        strobe_run({workload("heap_shapes"), "20"}, {"--memory", "--memory-interval", interval}));
  }
};

TEST_F(MemorySampled, EstimatesHaveTheTruthInTheirIntervals) {
  const StrobeRun run = record("10K");
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  // 99.99 %: 3.9 standard errors; what was never seen has no row.
  const json truth = heap_truth(run.program.out);
  for (const auto& [name, account] : truth.items()) {
    const json row = memory_row(run.report, name);
    if (row.is_null()) {
      EXPECT_LT(account.at("bytes").get<double>(), 10 * 10240) << name;
      continue;
    }
    const json& own = row.at("own");
    const double room = 3.9 / 1.96 * own.at("error").get<double>() + 1;
    EXPECT_NEAR(own.at("bytes").get<double>(), account.at("bytes").get<double>(), room) << name;
    const double live_room = 3.9 / 1.96 * own.at("live_error").get<double>() + 1;
    EXPECT_NEAR(own.at("live_bytes").get<double>(), account.at("live_bytes").get<double>(), live_room)
        << name;
  }
  const double leaked = truth.at("leak_blocks").at("live_bytes").get<double>();
  EXPECT_GT(memory_row(run.report, "leak_blocks").at("own").at("live_bytes").get<double>(), leaked / 2);
}

TEST_F(MemorySampled, AtAnIntervalOfOneByteAllIsSeen) {
  const StrobeRun run = run_strobe(strobe_run({STROBE_HEAP_CALLS}, {"--memory", "--memory-interval", "1"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run);
}

}  // namespace
}  // namespace strobe::test
