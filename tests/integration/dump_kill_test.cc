// Strobe killed in the middle of dumps: nothing of the program stays stopped, and every thread of it runs on.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "dump_fixture.h"
#include "process_facts.h"
#include "support/interpreters.h"

namespace strobe::test {
namespace {

/// The same as answering_threads.c, in Python.
constexpr const char* kProgram = R"(
import os, sys, threading, time
fifo = os.open(sys.argv[1], os.O_RDONLY)
count = int(sys.argv[2])
question, over = 0, False
answered = [0] * count
def answer(i):
    while not over:
        answered[i] = question
threads = [threading.Thread(target=answer, args=(i,)) for i in range(count)]
for thread in threads:
    thread.start()
print("ready", flush=True)
while os.read(fifo, 1) != b"q":
    question += 1
    while min(answered) < question:
        time.sleep(0.001)
    print("round", question, flush=True)
over = True
)";

std::vector<std::string> task_folders(pid_t pid) {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
    folders.push_back(entry.path().filename());
  return folders;
}

class DumpKilled : public DumpOf {
 protected:
  /// Kills dumps of the target while they trace some thread of it, and looks each time what they left.
  void kill_dumps(ChildProgram& target, const Fifo& fifo, const std::vector<std::string>& options) {
    constexpr int kKills = 12;
    ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
    std::vector<long> tids;
    for (const std::string& tid : task_folders(target.pid())) tids.push_back(std::stol(tid));
    int killed = 0;
    const auto end = std::chrono::steady_clock::now() + ChildProgram::kPatience;
    while (killed < kKills && std::chrono::steady_clock::now() < end) {
      if (!kill_while_tracing(target.pid(), tids, options)) continue;
      ++killed;
      for (const long tid : tids) {
        EXPECT_FALSE(is_stopped(tid));
        EXPECT_EQ(status_line(tid, "TracerPid"), "0");
      }
      fifo.write_byte();
      ASSERT_TRUE(target.wait_for_output("round " + std::to_string(killed) + "\n"))
          << "a thread does not run any more";
    }
    EXPECT_EQ(killed, kKills) << "dumps were over before a thread was seen traced";
  }

 private:
  /// False where the dump was over before that.
  [[nodiscard]] bool kill_while_tracing(pid_t pid, const std::vector<long>& tids,
                                        const std::vector<std::string>& options) {
    std::vector<std::string> words = {kStrobe, "dump", std::to_string(pid)};
    words.insert(words.end(), options.begin(), options.end());
    ChildProgram dump(words);
    const auto is_traced = [](long tid) { return status_line(tid, "TracerPid") != "0"; };
    const auto is_over = [&] { return status_line(dump.pid(), "State").starts_with("Z"); };
    while (std::ranges::none_of(tids, is_traced)) {
      if (is_over()) return false;
    }
    dump.send(SIGKILL);
    return dump.finish().status == 128 + SIGKILL;
  }
};

TEST_F(DumpKilled, LeavesNativeThreadsRunning) {
  const Fifo fifo(file("fifo"));
  ChildProgram target({STROBE_ANSWERING_THREADS, file("fifo"), "8"});
  kill_dumps(target, fifo, {});
  fifo.write_byte('q');
  EXPECT_EQ(target.finish().status, 0) << target.err();
}

TEST_F(DumpKilled, LeavesPythonThreadsRunning) {
  STROBE_NEED_PYTHON(python, kDebianPython);
  const Fifo fifo(file("fifo"));
  write_file(file("program.py"), kProgram);
  std::vector<std::string> words = python.command;
  words.insert(words.end(), {file("program.py"), file("fifo"), "3"});
  ChildProgram target(words);
  kill_dumps(target, fifo, {"--locals"});
  fifo.write_byte('q');
  EXPECT_EQ(target.finish().status, 0) << target.err();
}

}  // namespace
}  // namespace strobe::test
