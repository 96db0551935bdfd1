// Local variables of a frame that stands still.
#include "python/locals.h"

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

/// Those of the innermost frame of a program of this folder, once that is `work`.
LocalVariables read_in_work(PythonTarget& target) {
  auto runtime = target.open();
  if (!runtime) return {};
  FrameReader reader(target.memory(), *runtime);
  CodeObjects codes(target.memory(), reader.runtime());
  PythonCapture capture;
  const auto is_in_work = [&] {  // it has printed, and may still be doing so
    reader.capture_stopped(target.pid(), capture);
    const CodeObject* code =
        capture.frames.empty() ? nullptr : codes.find(capture.frames[0].code, capture.frames[0].identity);
    return capture.outcome == PythonOutcome::full && code != nullptr && code->name == "work";
  };
  if (!strobe::test::wait_until(is_in_work)) return {};
  const uint64_t frame = reader.frame_addresses().at(0);
  return read_locals(target.memory(), reader.runtime(), frame, capture.frames[0].code);
}

class Locals : public EachInterpreter {};

TEST_P(Locals, AreDescribed) {
  PythonTarget target(interpreter_, "variables.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  const LocalVariables locals = read_in_work(target);
  std::map<std::string, std::string> found;
  for (const LocalVariable& variable : locals.variables) found[variable.name] = variable.value;
  // Up to 3.10 a variable that a nested function uses is kept apart from the others.
  if (interpreter_.minor <= 10) found["captured"] = "7";
  EXPECT_EQ(found, (target.truth().get<std::map<std::string, std::string>>()));
  EXPECT_EQ(locals.left_out, 0u);
}

TEST_P(Locals, AreBounded) {
  PythonTarget target(interpreter_, "many_variables.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  const LocalVariables locals = read_in_work(target);
  EXPECT_EQ(locals.variables.size() + locals.left_out, target.truth().at("count").get<size_t>());
  ASSERT_EQ(locals.variables.size(), 64u);
  for (size_t i = 0; i < locals.variables.size(); ++i) {
    EXPECT_EQ(locals.variables[i].name, "v" + std::to_string(i));
    EXPECT_EQ(locals.variables[i].value, std::to_string(i));
  }
}
STROBE_EACH_INTERPRETER(Locals);

}  // namespace
}  // namespace strobe::python::test
