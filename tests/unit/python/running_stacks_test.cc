// Stacks read beside running programs, and while these are stopped for a moment.
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "call_oracle.h"

namespace strobe::python::test {
namespace {

/// Waits until the process used so much more CPU time: what it does next is somewhere else.
void let_it_run(pid_t pid, uint64_t least_ns) {
  clockid_t clock = 0;
  ASSERT_EQ(::clock_getcpuclockid(pid, &clock), 0);
  const auto used = [&] {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<uint64_t>(time.tv_sec) * kNsPerSecond + static_cast<uint64_t>(time.tv_nsec);
  };
  const uint64_t begin = used();
  while (used() - begin < least_ns) ::sched_yield();
}

class RunningStacks : public EachInterpreter {
 protected:
  /// `limit`: how many stacks in a thousand may be impossible.
  void expect_few_impossible(const std::string& program, double limit) {
    PythonTarget target(interpreter_, program);
    ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
    auto runtime = target.open();
    ASSERT_TRUE(runtime) << runtime.error().what;
    CallOracle oracle(target, *runtime, program);
    Tally tally;
    constexpr size_t kMostSamples = 20'000;
    constexpr size_t kLeastSamples = 2'000;  // where the machine is too busy for more
    const uint64_t end_ns = monotonic_now_ns() + 10 * kNsPerSecond;
    size_t samples = 0;
    for (; samples < kLeastSamples || (samples < kMostSamples && monotonic_now_ns() < end_ns); ++samples) {
      // On a busy machine it loses its CPU for milliseconds: a thousand looks at one moment are one look.
      let_it_run(target.pid(), 1'000);
      oracle.look_at_running(target.pid(), tally);
    }
    const size_t kept = tally.full + tally.partial;
    RecordProperty("samples", static_cast<int>(samples));
    RecordProperty("full", static_cast<int>(tally.full));
    RecordProperty("partial", static_cast<int>(tally.partial));
    RecordProperty("inconsistent", static_cast<int>(tally.inconsistent));
    RecordProperty("impossible", static_cast<int>(tally.impossible));
    EXPECT_GE(kept, samples * 95 / 100);
    EXPECT_LE(static_cast<double>(tally.impossible), limit / 1000 * static_cast<double>(kept));
  }
};

/// Stops a thread for as long as this object lives.
class Stop {
 public:
  explicit Stop(pid_t tid) : tid_(tid) {
    ::ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr);
    stopped_ = ::waitpid(tid_, nullptr, __WALL) == tid_;
  }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  ~Stop() { ::ptrace(PTRACE_CONT, tid_, nullptr, nullptr); }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  pid_t tid_;
  bool stopped_ = false;
};

class InterruptedStacks : public EachInterpreter {
 protected:
  void expect_exact(const std::string& program) {
    PythonTarget target(interpreter_, program);
    ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
    auto runtime = target.open();
    ASSERT_TRUE(runtime) << runtime.error().what;
    if (::ptrace(PTRACE_SEIZE, target.pid(), nullptr, nullptr) != 0) GTEST_SKIP() << "ptrace is refused";
    CallOracle oracle(target, *runtime, program);
    Tally tally;
    constexpr size_t kStops = 300;
    for (size_t i = 0; i < kStops; ++i) {
      let_it_run(target.pid(), 5'000 + i % 7 * 1'000);
      const Stop stop(target.pid());
      ASSERT_TRUE(stop.stopped());
      oracle.look_at_stopped(target.pid(), read_general_registers(target.pid()), tally);
    }
    RecordProperty("full", static_cast<int>(tally.full));
    RecordProperty("inconsistent", static_cast<int>(tally.inconsistent));
    RecordProperty("impossible", static_cast<int>(tally.impossible));
    EXPECT_EQ(tally.impossible, 0U) << testing::PrintToString(tally.impossible_ones);
    EXPECT_EQ(tally.full, kStops);
  }
};

TEST_P(InterruptedStacks, OfMixedCode) { expect_exact("oracle_mix.py"); }
TEST_P(InterruptedStacks, OfRecursion) { expect_exact("oracle_recursion.py"); }
TEST_P(InterruptedStacks, OfGenerators) { expect_exact("oracle_generators.py"); }
STROBE_EACH_INTERPRETER(InterruptedStacks);

TEST_P(RunningStacks, OfMixedCode) { expect_few_impossible("oracle_mix.py", 5); }
TEST_P(RunningStacks, OfRecursion) { expect_few_impossible("oracle_recursion.py", 1); }
// Before 3.11 frames are objects that are freed and reused: they are read stopped.
INSTANTIATE_TEST_SUITE_P(Interpreters, RunningStacks,
                         testing::Values("3.11", "3.11_shared", "3.12", "3.13", "3.13_shared", "3.13t",
                                         "3.14", "3.14t", "3.15", "3.15t"),
                         name_of_param);

}  // namespace
}  // namespace strobe::python::test
