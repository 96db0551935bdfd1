// Stacks read beside running programs: whose calls are marked in the source, so that a stack of frames that
// never existed together shows.
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

#include "base/clock.h"
#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

/// Which functions each line of a program calls, as its comments say.
class CallMarks {
 public:
  explicit CallMarks(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    for (int line = 1; std::getline(file, text); ++line) {
      const size_t mark = text.find("# -> ");
      if (mark == std::string::npos) continue;
      std::istringstream names(text.substr(mark + 5));
      for (std::string name; std::getline(names >> std::ws, name, ',');) {
        calls_.insert({line, name});
        calls_.insert({line, name.substr(name.rfind('.') + 1)});  // up to 3.10 there are no qualified names
      }
    }
  }
  [[nodiscard]] bool may_call(int line, const std::string& function) const {
    return calls_.contains({line, function});
  }

 private:
  std::set<std::pair<int, std::string>> calls_;
};

struct Tally {
  size_t full = 0;
  size_t partial = 0;
  size_t inconsistent = 0;
  size_t unread = 0;
  size_t impossible = 0;
};

class Oracle {
 public:
  Oracle(PythonTarget& target, const Runtime& runtime, const std::string& program)
      : marks_(program_path(program)),
        reader_(target.memory(), runtime),
        codes_(target.memory(), reader_.runtime()) {}

  /// `stopped`: the thread stands still meanwhile.
  void look(pid_t tid, bool stopped, Tally& tally) {
    stopped ? reader_.capture_stopped(tid, capture_) : reader_.capture_running(tid, capture_);
    switch (capture_.outcome) {
      case PythonOutcome::full:
        ++tally.full;
        break;
      case PythonOutcome::partial:
        ++tally.partial;
        break;
      case PythonOutcome::none:
      case PythonOutcome::unread:
        ++tally.unread;
        return;
      case PythonOutcome::inconsistent:
        ++tally.inconsistent;
        return;
    }
    if (!is_possible()) ++tally.impossible;
  }

 private:
  bool is_possible() {
    const std::string* callee = nullptr;
    for (const RawPythonFrame& frame : capture_.frames) {
      const CodeObject* code = codes_.find(frame.code, frame.identity);
      if (code == nullptr) return false;
      if (code->hidden) continue;
      if (callee != nullptr) {
        const int line = codes_.line_of(*code, frame.instruction, frame.tlbc).value_or(0);
        if (!marks_.may_call(line, *callee)) return false;
      }
      callee = &code->qualname;
    }
    return callee != nullptr && *callee == "<module>";
  }

  CallMarks marks_;
  FrameReader reader_;
  CodeObjects codes_;
  PythonCapture capture_;
};

class RunningStacks : public EachInterpreter {
 protected:
  /// `limit`: how many stacks in a thousand may be impossible.
  void expect_few_impossible(const std::string& program, double limit) {
    PythonTarget target(interpreter_, program);
    ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
    auto runtime = target.open();
    ASSERT_TRUE(runtime) << runtime.error().what;
    Oracle oracle(target, *runtime, program);
    Tally tally;
    constexpr size_t kSamples = 20'000;
    for (size_t i = 0; i < kSamples; ++i) oracle.look(target.pid(), false, tally);
    const size_t kept = tally.full + tally.partial;
    RecordProperty("full", static_cast<int>(tally.full));
    RecordProperty("partial", static_cast<int>(tally.partial));
    RecordProperty("inconsistent", static_cast<int>(tally.inconsistent));
    RecordProperty("impossible", static_cast<int>(tally.impossible));
    EXPECT_GE(kept, kSamples * 95 / 100);
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

class InterruptedStacks : public EachInterpreter {
 protected:
  void expect_exact(const std::string& program) {
    PythonTarget target(interpreter_, program);
    ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
    auto runtime = target.open();
    ASSERT_TRUE(runtime) << runtime.error().what;
    if (::ptrace(PTRACE_SEIZE, target.pid(), nullptr, nullptr) != 0) GTEST_SKIP() << "ptrace is refused";
    Oracle oracle(target, *runtime, program);
    Tally tally;
    constexpr size_t kStops = 300;
    for (size_t i = 0; i < kStops; ++i) {
      let_it_run(target.pid(), 5'000 + i % 7 * 1'000);
      const Stop stop(target.pid());
      ASSERT_TRUE(stop.stopped());
      oracle.look(target.pid(), true, tally);
    }
    RecordProperty("full", static_cast<int>(tally.full));
    RecordProperty("inconsistent", static_cast<int>(tally.inconsistent));
    RecordProperty("impossible", static_cast<int>(tally.impossible));
    EXPECT_EQ(tally.impossible, 0U);
    // 3.12 cuts a generator's frame off before it leaves it: its caller is in a register only.
    const size_t least = interpreter_.minor == 12 ? 930 : 995;
    EXPECT_GE(tally.full, kStops * least / 1000);
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
