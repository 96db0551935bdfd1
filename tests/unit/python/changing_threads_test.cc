// Threads that come while they are watched, and one thread that runs in two interpreters.
#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

std::vector<std::string> names_of(CodeObjects& codes, const PythonCapture& capture) {
  std::vector<std::string> names;
  for (const RawPythonFrame& frame : capture.frames) {
    const CodeObject* code = codes.find(frame.code, frame.identity);
    names.push_back(code == nullptr ? "?" : code->name);
  }
  return names;
}

class ChangingThreads : public EachInterpreter {};

TEST_P(ChangingThreads, AreFoundWhenTheyCome) {
  PythonTarget target(interpreter_, "more_threads.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  FrameReader reader(target.memory(), *runtime);
  CodeObjects codes(target.memory(), reader.runtime());
  PythonCapture capture;
  reader.capture_stopped(1, capture);  // no thread of this process
  EXPECT_EQ(capture.outcome, PythonOutcome::none);
  size_t seen = target.program().out().size();
  for (int i = 0; i < 3; ++i) {
    target.write_line();
    ASSERT_TRUE(strobe::test::wait_until([&] {
      static_cast<void>(target.program().wait_for_output("never", std::chrono::milliseconds(1)));
      return target.program().out().size() > seen && target.program().out().back() == '\n';
    }));
    const auto line = nlohmann::json::parse(target.program().out().substr(seen));
    seen = target.program().out().size();
    const pid_t tid = line["thread"];
    // It said its id before it blocked: its name is there at once, its stack when it blocks.
    EXPECT_TRUE(strobe::test::wait_until([&] {
      reader.capture_stopped(tid, capture);
      const auto names = names_of(codes, capture);
      return capture.outcome == PythonOutcome::full && !names.empty() && names.front() == "newcomer";
    })) << i;
  }
}
STROBE_EACH_INTERPRETER(ChangingThreads);

class Subinterpreters : public EachInterpreter {};

TEST_P(Subinterpreters, OfOneThreadLieAboveEachOther) {
  PythonTarget target(interpreter_, "subinterpreters.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  FrameReader reader(target.memory(), *runtime);
  CodeObjects codes(target.memory(), reader.runtime());
  std::vector<PythonThread> threads;
  ASSERT_TRUE(list_threads(target.memory(), *runtime, threads));
  EXPECT_EQ(threads.size(), 2U);
  const std::vector<std::string> expected{"inner", "<module>", "outer", "<module>"};
  PythonCapture capture;
  for (const bool stopped : {true, false}) {
    stopped ? reader.capture_stopped(target.pid(), capture) : reader.capture_running(target.pid(), capture);
    EXPECT_EQ(capture.outcome, PythonOutcome::full);
    auto names = names_of(codes, capture);
    // Reading its input may be written in Python.
    while (!names.empty() && names.front() != "inner") names.erase(names.begin());
    EXPECT_EQ(names, expected);
    EXPECT_EQ(capture.interpreter, threads[0].interpreter);
  }
}
STROBE_EACH_INTERPRETER(Subinterpreters);

}  // namespace
}  // namespace strobe::python::test
