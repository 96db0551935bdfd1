// What `strobe attach` cannot record: a message, a hint, exit status 125, and nothing left behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "integration_fixture.h"
#include "targets.h"

namespace strobe::test {
namespace {

class AttachRefusal : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] AttachedStrobe::Setup setup(pid_t pid) const {
    AttachedStrobe::Setup setup;
    setup.folder = folder();
    setup.options = {"--engine", GetParam()};
    setup.pids = {pid};
    return setup;
  }
};

TEST_P(AttachRefusal, AProcessThatDoesNotExist) {
  pid_t largest = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> largest;
  AttachedStrobe(setup(largest))
      .expect_refusal({"there is no process " + std::to_string(largest), "ps -e; `strobe doctor` tells"});
}

TEST_P(AttachRefusal, AZombie) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  AttachedStrobe(setup(child))
      .expect_refusal({"has already ended (zombie)", "its parent, process " + std::to_string(::getpid())});
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_P(AttachRefusal, AKernelThread) {
  std::string name;
  std::getline(std::ifstream("/proc/2/comm"), name);
  if (name != "kthreadd") GTEST_SKIP() << "no kernel threads are visible in this pid namespace";
  AttachedStrobe(setup(2)).expect_refusal({"process 2 (kthreadd) is a kernel thread"});
}

TEST_P(AttachRefusal, AThreadOfAProcess) {
  ChildProgram target({STROBE_ATTACH_TARGET, "grow"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  // The busy thread was born next; its id is the other one in the list.
  const std::vector<pid_t> threads = threads_of(target.pid());
  ASSERT_EQ(threads.size(), 2U);
  const pid_t other = threads[0] == target.pid() ? threads[1] : threads[0];
  AttachedStrobe(setup(other)).expect_refusal({"is a thread of process " + std::to_string(target.pid())});
}

TEST_P(AttachRefusal, Itself) {
  // Through a shell, which knows the id that Strobe will have.
  ChildProgram shell({"sh", "-c",
                      "exec " + std::string(kStrobe) + " attach --engine " + GetParam() + " -o " +
                          file("self.strobe") + " $$"});
  const ProgramResult result = shell.finish();
  EXPECT_EQ(result.status, 125) << result.err;
  EXPECT_NE(result.err.find("is Strobe itself\n  "), std::string::npos) << result.err;
}

TEST_P(AttachRefusal, AnotherUsersProcess) {
  if (!can_have(Rights::ordinary_user) || ::geteuid() != 0) GTEST_SKIP() << "only root can be two users";
  ChildProgram target({workload("two_functions"), "600", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  const UserPlace place(folder(), Rights::ordinary_user);
  AttachedStrobe::Setup with = setup(target.pid());
  with.strobe = place.bring(kStrobe);
  with.folder = place.path();
  with.wrapper = wrapper_for(Rights::ordinary_user);
  const std::string number = std::to_string(target.pid());
  const std::string pid = "process " + number;
  const std::string doctor =
      "; `strobe doctor " + number + "` tells what is allowed here and what would change it\n";
  // The hint is about the target, and not about what the machine allows.
  AttachedStrobe(with).expect_refusal({pid, "belongs to another user", "sudo", doctor});
  with.options = {"--engine", "auto"};
  AttachedStrobe(with).expect_refusal({pid, "belongs to another user", "sudo", doctor});
  expect_unharmed(target.pid());
}

INSTANTIATE_TEST_SUITE_P(Both, AttachRefusal, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
