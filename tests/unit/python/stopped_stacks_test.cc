// Stacks of threads that stand still, against what the interpreter itself says about them.
#include <fmt/format.h>

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

struct Line {
  std::string function;
  std::string file;
  int line = 0;
  friend bool operator==(const Line&, const Line&) = default;
};
void PrintTo(const Line& line, std::ostream* out) {
  *out << line.function << " (" << line.file << ":" << line.line << ")";
}

std::vector<Line> truth_of(const nlohmann::json& frames) {
  std::vector<Line> lines;
  for (const auto& frame : frames) lines.push_back({frame[0], frame[1], frame[2]});
  return lines;
}

std::vector<Line> resolve(CodeObjects& codes, const PythonCapture& capture) {
  std::vector<Line> lines;
  for (const RawPythonFrame& frame : capture.frames) {
    const CodeObject* code = codes.find(frame.code, frame.identity);
    if (code == nullptr) {
      lines.push_back({.function = fmt::format("code object {:#x}?", frame.code)});
    } else if (!code->hidden) {
      const int line = codes.line_of(*code, frame.instruction, frame.tlbc).value_or(-1);
      lines.push_back({code->qualname, code->file, line});
    }
  }
  return lines;
}

/// Boundaries: the thread's first frame is one, and older ones lie higher on the C stack.
void expect_anchors(const PythonCapture& capture, int minor) {
  ASSERT_FALSE(capture.frames.empty());
  EXPECT_NE(capture.frames.back().anchor, 0U);
  uint64_t last = 0;
  for (const RawPythonFrame& frame : capture.frames) {
    if (minor == 9) {
      EXPECT_EQ(frame.anchor, 1U);
    } else if (frame.anchor != 0) {
      EXPECT_GT(frame.anchor, last);
      last = frame.anchor;
    }
  }
}

class StoppedStacks : public EachInterpreter {};

TEST_P(StoppedStacks, AreThoseOfCurrentFrames) {
  PythonTarget target(interpreter_, "stand_still.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  EXPECT_EQ(runtime->minor(), interpreter_.minor);
  EXPECT_EQ(runtime->free_threaded, interpreter_.free_threaded);
  if (interpreter_.minor >= 11) {
    EXPECT_EQ(runtime->version_hex, target.truth()["version"].get<uint32_t>());
  }

  FrameReader reader(target.memory(), *runtime);
  CodeObjects codes(target.memory(), reader.runtime());
  const pid_t main = target.truth()["main"];
  for (const auto& [id, thread] : target.truth()["threads"].items()) {
    SCOPED_TRACE(thread["name"].get<std::string>());
    const pid_t tid = std::stoi(id);
    PythonCapture capture;
    reader.capture_stopped(tid, capture);
    EXPECT_EQ(capture.outcome, PythonOutcome::full);
    EXPECT_FALSE(capture.holds_gil);
    std::vector<Line> expected = truth_of(thread["frames"]);
    std::vector<Line> found = resolve(codes, capture);
    if (tid == main && !found.empty()) {
      // It went on since, to another line.
      ASSERT_EQ(expected.front().function, "main");
      expected.front().line = found.front().line;
    }
    EXPECT_EQ(found, expected);
    expect_anchors(capture, interpreter_.minor);

    PythonCapture running;
    reader.capture_running(tid, running);
    EXPECT_EQ(running.outcome, PythonOutcome::full);
    EXPECT_EQ(resolve(codes, running), resolve(codes, capture));
    expect_anchors(running, interpreter_.minor);
  }
}
STROBE_EACH_INTERPRETER(StoppedStacks);

}  // namespace
}  // namespace strobe::python::test
