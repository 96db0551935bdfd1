// strobe dump of real processes: what threads do is right, and nothing happened to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "dump_fixture.h"
#include "process_facts.h"
#include "support/interpreters.h"

namespace strobe::test {
namespace {

using nlohmann::json;

char state_of_thread(pid_t pid, long tid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:\t")) return line[7];
  }
  return '?';
}

/// "name:line" of the frames of Python code (a C function that Python calls has no line); innermost first.
std::vector<std::string> python_frames(const json& thread) {
  std::vector<std::string> frames;
  for (const json& frame : thread.at("frames")) {
    if (frame.at("language") == "python" && frame.at("line") != 0)
      frames.push_back(frame.at("function").get<std::string>() + ":" + frame.at("line").dump());
  }
  return frames;
}
std::vector<std::string> names_of(const json& thread) {
  std::vector<std::string> names;
  for (const json& frame : thread.at("frames")) names.push_back(frame.at("function"));
  return names;
}

bool holds_in_order(const std::vector<std::string>& all, const std::vector<std::string>& part) {
  return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

TEST_F(DumpOf, NativeThreadsAreNotDisturbed) {
  const Fifo fifo(file("fifo"));
  ChildProgram target({STROBE_DUMP_TARGET, file("fifo")});
  long deep = 0;
  long busy = 0;
  ASSERT_TRUE(target.wait_for_output("\n")) << target.err();
  ASSERT_EQ(std::sscanf(target.out().c_str(), "ready %ld %ld", &deep, &busy), 2) << target.out();
  ASSERT_TRUE(wait_until([&] { return state_of_thread(target.pid(), deep) == 'S'; }));

  constexpr int kDumps = 10;
  for (int i = 0; i < kDumps; ++i) {
    const json seen = dump(target.pid());
    ASSERT_TRUE(seen.is_object());
    const json waiting = thread_with(seen, "tid", deep);
    EXPECT_EQ(waiting.at("state"), "io");
    EXPECT_EQ(waiting.at("stack"), "complete") << waiting.dump(1);
    const std::vector<std::string> names = names_of(waiting);
    EXPECT_TRUE(holds_in_order(names, {"wait_here", "call_waiter", "deep", "start_thread"}))
        << waiting.dump(1);
    const json running = thread_with(seen, "tid", busy);
    EXPECT_EQ(running.at("state"), "on_cpu");
    EXPECT_EQ(running.at("name"), "busy\x1b[2J");
    EXPECT_TRUE(holds_in_order(names_of(running), {"burn", "busy"})) << running.dump(1);
    EXPECT_EQ(seen.at("overhead").at("stops"), 1) << "only the one that runs";
  }
  EXPECT_FALSE(is_stopped(target.pid()));
  EXPECT_EQ(status_line(target.pid(), "TracerPid"), "0");
  fifo.release();
  EXPECT_EQ(target.finish().status, 0);
  EXPECT_NE(target.out().find("interrupted=0"), std::string::npos) << target.out();
}

TEST_F(DumpOf, TheTextIsSafeToShow) {
  const Fifo fifo(file("fifo"));
  ChildProgram target({STROBE_DUMP_TARGET, file("fifo")});
  ASSERT_TRUE(target.wait_for_output("ready"));
  const ProgramResult text = strobe({"dump", std::to_string(target.pid())});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("busy\\x1b[2J: on_cpu\n      burn ("), std::string::npos) << text.out;
  fifo.release();
  EXPECT_EQ(target.finish().status, 0);
}

/// Threads in known places; "# name" marks lines that the test looks for.
constexpr const char* kPython = R"(
import os, sys, threading
fifo = os.open(sys.argv[1], os.O_RDONLY)
lock = threading.Lock()
lock.acquire()
done = False
def inner():
    return os.read(fifo, 1)  # read
def outer():
    return inner()  # call
def locked():
    lock.acquire()  # lock
def burn():
    while not done:
        pass
threads = [threading.Thread(target=f, name="T " + f.__name__) for f in (outer, locked, burn, burn)]
for thread in threads:
    thread.start()
print("ready", flush=True)
inner()  # main
done = True
lock.release()
)";

/// Line of the mark in kPython.
std::string line_of(const std::string& mark) {
  const std::string text = kPython;
  const size_t at = text.find("# " + mark + "\n");
  return std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n'));
}

TEST_F(DumpOf, PythonThreads) {
  STROBE_NEED_PYTHON(python, kDebianPython);
  const Fifo fifo(file("fifo"));
  write_file(file("program.py"), kPython);
  std::vector<std::string> words = python.command;
  words.insert(words.end(), {file("program.py"), file("fifo")});
  ChildProgram target(words);
  ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
  json seen;
  // Until all of them are where they stay; the two that burn take turns.
  ASSERT_TRUE(wait_until([&] {
    seen = dump(target.pid());
    const json& gil = seen.at("processes").at(0).at("gil");
    return gil.at("holders").size() == 1 && gil.at("waiters").size() == 1 &&
           thread_with(seen, "python_name", "T locked").at("state") == "lock" &&
           python_frames(thread_with(seen, "python_name", "T outer")).size() >= 2 &&
           python_frames(thread_with(seen, "python_name", "MainThread")).size() == 2;
  })) << seen.dump(1);
  const json& process = seen.at("processes").at(0);
  EXPECT_TRUE(process.at("python").get<std::string>().starts_with("CPython 3.")) << process.at("python");
  for (const char* list : {"holders", "waiters"})
    EXPECT_EQ(thread_with(seen, "tid", process.at("gil").at(list).at(0)).at("python_name"), "T burn");
  EXPECT_NE(process.at("gil").at("holders"), process.at("gil").at("waiters"));
  const json waiter = thread_with(seen, "tid", process.at("gil").at("waiters").at(0));
  EXPECT_EQ(waiter.at("state"), "gil");
  EXPECT_EQ(waiter.at("python_state"), "gil_wait");

  const json reader = thread_with(seen, "python_name", "T outer");
  EXPECT_EQ(reader.at("state"), "io");
  EXPECT_EQ(reader.at("python_stack"), "full");
  EXPECT_TRUE(holds_in_order(python_frames(reader), {"inner:" + line_of("read"), "outer:" + line_of("call")}))
      << reader.dump(1);
  EXPECT_EQ(reader.at("frames").at(0).at("language"), "native") << "read(2) itself";
  EXPECT_EQ(python_frames(thread_with(seen, "python_name", "MainThread")),
            (std::vector<std::string>{"inner:" + line_of("read"), "<module>:" + line_of("main")}));
  EXPECT_TRUE(holds_in_order(python_frames(thread_with(seen, "python_name", "T locked")),
                             {"locked:" + line_of("lock")}));

  const json native = dump(target.pid(), {"--native-only"});
  for (const json& thread : native.at("processes").at(0).at("threads"))
    EXPECT_TRUE(python_frames(thread).empty());
  fifo.release();
  EXPECT_EQ(target.finish().status, 0) << target.err();
}

TEST_F(DumpOf, ChildrenAreATree) {
  const Fifo fifo(file("fifo"));
  ChildProgram target({"sh", "-c", "'" STROBE_DUMP_TARGET "' fifo; true"},
                      {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
  ASSERT_TRUE(target.wait_for_output("ready"));
  EXPECT_EQ(dump(target.pid()).at("processes").size(), 1u);
  const json seen = dump(target.pid(), {"--children"});
  ASSERT_EQ(seen.at("processes").size(), 2u);
  const json& child = seen.at("processes").at(1);
  EXPECT_EQ(child.at("ppid"), target.pid());
  EXPECT_EQ(child.at("command"), "dump_target");
  EXPECT_EQ(child.at("threads").size(), 3u);
  EXPECT_EQ(thread_with(seen, "tid", target.pid()).at("state"), "child");
  fifo.release();
  EXPECT_EQ(target.finish().status, 0);
}

TEST_F(DumpOf, AThreadHeldByVforkHasItsStack) {
  const Fifo fifo(file("fifo"));
  ChildProgram target({STROBE_VFORK_TARGET, file("fifo")});
  ASSERT_TRUE(target.wait_for_output("ready"));
  ASSERT_TRUE(wait_until([&] { return state_of_thread(target.pid(), target.pid()) == 'D'; }));
  const json seen = dump(target.pid(), {"--children"});
  ASSERT_EQ(seen.at("processes").size(), 2u);
  const json held = thread_with(seen, "tid", target.pid());
  EXPECT_EQ(held.at("state"), "child");
  EXPECT_EQ(held.at("stack"), "complete") << held.dump(1);
  EXPECT_TRUE(holds_in_order(names_of(held), {"hold", "call_hold", "main"})) << held.dump(1);
  fifo.release();
  EXPECT_EQ(target.finish().status, 0);
}

TEST_F(DumpOf, WhatMayNotBeLookedAtIsAnError) {
  const std::vector<std::string> nobody = as_ordinary_user({}, folder());
  if (nobody.empty()) GTEST_SKIP() << "this process cannot become another user";
  const Fifo fifo(file("fifo"));
  ChildProgram target({STROBE_DUMP_TARGET, file("fifo")});
  ASSERT_TRUE(target.wait_for_output("ready"));
  std::vector<std::string> words = nobody;
  words.insert(words.end(), {kStrobe, "dump", std::to_string(target.pid())});
  const ProgramResult refused = ChildProgram(words).finish();
  EXPECT_EQ(refused.status, 125);
  EXPECT_NE(refused.err.find("belongs to another user"), std::string::npos) << refused.err;
  EXPECT_NE(strobe({"dump", "1x"}).err.find("1x"), std::string::npos);
  fifo.release();
  EXPECT_EQ(target.finish().status, 0);
}

}  // namespace
}  // namespace strobe::test
