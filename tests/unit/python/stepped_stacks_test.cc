// Stacks read at every single instruction of a program: whatever moment a sample may hit, also those few
// between two stores with which the interpreter enters or leaves a call.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "call_oracle.h"

namespace strobe::python::test {
namespace {

/// Goes one instruction on; false where the program did something else.
bool step(pid_t tid) {
  int status = 0;
  return ::ptrace(PTRACE_SINGLESTEP, tid, nullptr, nullptr) == 0 && ::waitpid(tid, &status, __WALL) == tid &&
         WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

class SteppedStacks : public EachInterpreter {
 protected:
  void expect_whole_at_every_instruction(const std::string& program, size_t steps);
};

void SteppedStacks::expect_whole_at_every_instruction(const std::string& program, size_t steps) {
  PythonTarget target(interpreter_, program);
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  const pid_t tid = target.pid();
  if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) GTEST_SKIP() << "ptrace is refused";
  ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  ASSERT_EQ(::waitpid(tid, nullptr, __WALL), tid);
  CallOracle oracle(target, *runtime, program);
  Tally tally;
  for (size_t i = 0; i < steps; ++i) {
    ASSERT_TRUE(step(tid));
    oracle.look_at_stopped(tid, read_general_registers(tid), tally);
  }
  RecordProperty("full", static_cast<int>(tally.full));
  RecordProperty("inconsistent", static_cast<int>(tally.inconsistent));
  RecordProperty("impossible", static_cast<int>(tally.impossible));
  EXPECT_EQ(tally.impossible, 0U) << testing::PrintToString(tally.impossible_ones);
  EXPECT_EQ(tally.full, steps);
}

TEST_P(SteppedStacks, AreWholeAtEveryInstructionOfCalls) {
  expect_whole_at_every_instruction("oracle_entries.py", 60'000);  // a round and more
}
TEST_P(SteppedStacks, AreWholeAtEveryInstructionOfGenerators) {
  expect_whole_at_every_instruction("oracle_generators.py", 20'000);
}
STROBE_EACH_INTERPRETER(SteppedStacks);

}  // namespace
}  // namespace strobe::python::test
