// Looks at threads of a child of the test.
#include "workflow/thread_look.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace strobe::workflow {
namespace {

/// A process that does nothing but run.
class BusyChild {
 public:
  BusyChild() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    volatile unsigned long work = 0;
    while (true) work = work + 1;
  }
  BusyChild(const BusyChild&) = delete;
  BusyChild& operator=(const BusyChild&) = delete;
  ~BusyChild() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(ThreadLook, OfAStoppedThreadIsOfThatMoment) {
  const BusyChild child;
  ASSERT_GT(child.pid(), 0);
  // As a thread is that moved whenever it was looked at: where it was blocked then is over.
  std::vector<ThreadLook> looks(1);
  looks[0].pid = looks[0].tid = child.pid();
  looks[0].kernel_state = 'S';
  looks[0].blocked =
      os::BlockedThread{.call = 202, .arguments = {}, .stack_pointer = 16, .program_counter = 16};
  stop_and_look(looks, {});
  if (!looks[0].problem.empty()) GTEST_SKIP() << "ptrace is refused here: " << looks[0].problem;
  EXPECT_TRUE(looks[0].has_registers);
  EXPECT_GT(looks[0].stopped_ns, 0u);
  EXPECT_EQ(looks[0].kernel_state, 'R');
  EXPECT_FALSE(looks[0].blocked.has_value());
}

TEST(ThreadLook, SaysOfAThreadThatEndedThatItDid) {
  std::vector<ThreadLook> looks(2);
  {
    const BusyChild gone;
    looks[0].pid = looks[0].tid = gone.pid();
  }
  const BusyChild zombie;
  looks[1].pid = looks[1].tid = zombie.pid();
  ASSERT_EQ(::kill(zombie.pid(), SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(zombie.pid()), &info, WEXITED | WNOWAIT), 0);
  stop_and_look(looks, {});
  EXPECT_EQ(looks[0].problem, kEndedProblem);
  EXPECT_EQ(looks[1].problem, kEndedProblem);
}

TEST(ThreadLook, ReadsPythonOncePerLook) {
  const BusyChild child;
  ASSERT_GT(child.pid(), 0);
  int reads = 0;
  std::vector<ThreadLook> looks = look_at_threads(child.pid(), [&](ThreadLook&) { ++reads; });
  ASSERT_EQ(looks.size(), 1u);
  stop_and_look(looks, [&](ThreadLook& look) {
    ++reads;
    EXPECT_TRUE(look.registers.value[x86_64::kRsp] != 0) << "while it stands still";
  });
  if (!looks[0].problem.empty()) GTEST_SKIP() << "ptrace is refused here: " << looks[0].problem;
  EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace strobe::workflow
