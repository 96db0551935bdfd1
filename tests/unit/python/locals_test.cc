// Local variables of a frame that stands still.
#include "python/locals.h"

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

class Locals : public EachInterpreter {};

TEST_P(Locals, AreDescribed) {
  PythonTarget target(interpreter_, "variables.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  FrameReader reader(target.memory(), *runtime);
  CodeObjects codes(target.memory(), reader.runtime());
  PythonCapture capture;
  const auto is_in_work = [&] {  // it has printed, and may still be doing so
    reader.capture_stopped(target.pid(), capture);
    const CodeObject* code = capture.frames.empty() ? nullptr : codes.find(capture.frames[0].code, 1);
    return capture.outcome == PythonOutcome::full && code != nullptr && code->name == "work";
  };
  ASSERT_TRUE(strobe::test::wait_until(is_in_work));
  ASSERT_EQ(reader.frame_addresses().size(), capture.frames.size());
  std::map<std::string, std::string> found;
  for (const LocalVariable& variable :
       read_locals(target.memory(), reader.runtime(), reader.frame_addresses()[0], capture.frames[0].code)) {
    found[variable.name] = variable.value;
  }
  // Up to 3.10 a variable that a nested function uses is kept apart from the others.
  if (interpreter_.minor <= 10) found["captured"] = "7";
  EXPECT_EQ(found, (target.truth().get<std::map<std::string, std::string>>()));
}
STROBE_EACH_INTERPRETER(Locals);

}  // namespace
}  // namespace strobe::python::test
