// Names of threads, the GIL's holder and those who wait for it, and several interpreters in one process.
#include <fstream>
#include <sstream>

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python/gil.h"
#include "python/thread_names.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

class ThreadNames : public EachInterpreter {};

TEST_P(ThreadNames, AreThoseOfThreading) {
  PythonTarget target(interpreter_, "stand_still.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  std::map<std::string, std::string> found;
  for (const ThreadName& thread : read_thread_names(target.memory(), *runtime)) {
    found[std::to_string(thread.native_id)] = thread.name;
  }
  std::map<std::string, std::string> expected;
  for (const auto& [id, thread] : target.truth()["threads"].items()) expected[id] = thread["name"];
  EXPECT_EQ(found, expected);
}
STROBE_EACH_INTERPRETER(ThreadNames);

/// The address that the thread waits at in a futex call; 0 where it does not.
uint64_t futex_address(pid_t pid, pid_t tid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/syscall");
  std::string number;
  uint64_t address = 0;
  file >> number >> std::hex >> address;
  return number == "202" ? address : 0;
}

class GilOfThreads : public EachInterpreter {};

TEST_P(GilOfThreads, HasOneHolderAndWaitersSleepInside) {
  if (interpreter_.free_threaded) GTEST_SKIP() << "a free-threaded build has no GIL";
  PythonTarget target(interpreter_, "gil_waiters.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  FrameReader reader(target.memory(), *runtime);

  // The main thread may compute first, or the other one: as soon as one does, the other one waits.
  const bool waits = strobe::test::wait_until([&] {
    std::vector<PythonThread> threads;
    if (!list_threads(target.memory(), *runtime, threads) || threads.size() != 3) return false;
    const auto gils = find_gils(target.memory(), *runtime);
    if (gils.size() != 1 || gils[0].holder == 0) return false;
    int holders = 0;
    int waiters = 0;
    for (const PythonThread& thread : threads) {
      PythonCapture capture;
      reader.capture_running(thread.native_id, capture);
      const uint64_t address = futex_address(target.pid(), thread.native_id);
      const bool waiting = address >= gils[0].wait_begin && address < gils[0].wait_end;
      if (thread.state == gils[0].holder && capture.holds_gil) ++holders;
      if (thread.state != gils[0].holder && !capture.holds_gil && waiting) ++waiters;
    }
    return holders == 1 && waiters == 1;
  });
  EXPECT_TRUE(waits);
}
STROBE_EACH_INTERPRETER(GilOfThreads);

TEST_P(GilOfThreads, NobodyHoldsItWhileAllBlock) {
  PythonTarget target(interpreter_, "stand_still.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  const bool nobody = strobe::test::wait_until([&] {
    const auto gils = find_gils(target.memory(), *runtime);
    return interpreter_.free_threaded ? gils.empty() : gils.size() == 1 && gils[0].holder == 0;
  });
  EXPECT_TRUE(nobody);
}

}  // namespace
}  // namespace strobe::python::test
