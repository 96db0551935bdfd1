// A dump of everything that can be in one, as text and JSON.
#include "report/dump.h"
#include "golden_file.h"

namespace strobe::report {
namespace {

DumpedThread python_thread() {
  DumpedThread thread;
  thread.tid = 101;
  thread.name = "worker";
  thread.python_name = "loader-1";
  thread.state = ThreadState::gil;
  thread.python_state = PythonState::gil_wait;
  thread.stack_class = StackClass::complete;
  thread.python_outcome = PythonOutcome::full;
  thread.frames = {{.function = "pthread_cond_timedwait", .module = "/usr/lib/libc.so.6", .address = 0x8f010},
                   {.language = DumpedFrame::Language::python,
                    .function = "Loader.run",
                    .file = "/src/app/loader.py",
                    .line = 42,
                    .locals = DumpedLocals{.variables = {{"count", "3"},
                                                         {"text", "'two\\nlines'"},
                                                         {"evil\n\x1b[2J", "'\u202e\xff' and 20 more"},
                                                         {"long", std::string(300, 'x')}},
                                           .left_out = 3}},
                   {.language = DumpedFrame::Language::python,
                    .function = "run",
                    .file = "/src/app/main.py",
                    .line = 7,
                    .locals = DumpedLocals{}}};
  thread.frames_without_locals = 0;
  return thread;
}

DumpedThread poor_thread() {
  DumpedThread thread;
  thread.tid = 102;
  thread.name = "evil\x1b[2J";
  thread.python_name = "\xff\n";
  thread.state = ThreadState::on_cpu;
  thread.python_state = PythonState::python;
  thread.stack_class = StackClass::incomplete;
  thread.python_outcome = PythonOutcome::partial;
  thread.frames = {{.function = "", .module = "/tmp/\x1b]0;x\x07/a.so", .address = 0x1234},
                   {.function = "a\x1b[31m", .file = "b\n.c", .line = 7, .module = "/bin/a"}};
  thread.frames_without_locals = 2;
  return thread;
}

Dump varied_dump() {
  Dump dump;
  dump.time_unix_ns = 1'700'000'000'000'000'000;
  dump.stops = 1;
  dump.longest_stop_ns = 40'000;
  DumpedProcess parent;
  parent.pid = 100;
  parent.command = "python3";
  parent.command_line = "python3 app.py";
  parent.python = "CPython 3.11.2";
  parent.gil_holders = {102};
  parent.gil_waiters = {101};
  parent.threads = {python_thread(), poor_thread()};
  DumpedProcess child;
  child.pid = 200;
  child.parent = 100;
  child.command = "gone";
  DumpedThread ended;
  ended.tid = 200;
  ended.name = "gone";
  ended.problem = "it ended";
  child.threads = {ended};
  dump.processes = {parent, child};
  dump.warnings = {"Process 100: something."};
  return dump;
}

TEST(GoldenDump, Text) {
  test::expect_golden("dump.txt", write_dump(varied_dump(), {}));
  test::expect_golden("dump_terminal.txt", write_dump(varied_dump(), {.color = true, .width = 80}));
}

TEST(GoldenDump, Json) {
  std::string text;
  write_json_dump(varied_dump(), [&](std::string_view piece) { text += piece; });
  test::expect_golden("dump.json", text);
}

}  // namespace
}  // namespace strobe::report
