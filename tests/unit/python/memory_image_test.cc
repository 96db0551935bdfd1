// Recorded images of interpreters' memory (also the seeds of the fuzzer): they tell what they told when they
// were taken, on machines without that interpreter, too. STROBE_UPDATE_GOLDEN=1 takes them anew where it is
// there.
#include "support/memory_image.h"

#include <cstdlib>
#include <fstream>

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python/gil.h"
#include "python/locals.h"
#include "python/thread_names.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

using strobe::test::MemoryImage;
using strobe::test::RecordingMemory;

std::string image_path(const char* interpreter) {
  return std::string(STROBE_PYTHON_IMAGES) + "/" + strobe::test::test_name_of(interpreter) + ".image";
}

std::vector<std::string> functions_of(MemoryReader& memory, const Runtime& runtime,
                                      const PythonCapture& capture) {
  CodeObjects codes(memory, runtime);
  std::vector<std::string> functions;
  for (const RawPythonFrame& frame : capture.frames) {
    const CodeObject* code = codes.find(frame.code, frame.identity);
    if (code == nullptr) {
      functions.emplace_back("?");
    } else if (code->file == "/srv/shop.py") {
      const int line = codes.line_of(*code, frame.instruction, frame.tlbc).value_or(0);
      functions.push_back(code->name + ":" + std::to_string(line));
    }
  }
  return functions;
}

/// "name=value" of the innermost frame of the reader's last look.
std::vector<std::string> innermost_locals(MemoryReader& memory, const FrameReader& reader,
                                          const PythonCapture& capture) {
  std::vector<std::string> locals;
  if (capture.frames.empty() || reader.frame_addresses().empty()) return locals;
  const uint64_t frame = reader.frame_addresses().front();
  for (const LocalVariable& variable :
       read_locals(memory, reader.runtime(), frame, capture.frames.front().code).variables) {
    locals.push_back(variable.name + "=" + variable.value);
  }
  return locals;
}

void look_at(MemoryReader& memory, const MemoryImage::Origin& origin) {
  const InterpreterModule module{.runtime = FileAddr{origin.runtime},
                                 .version_hex = origin.version_hex,
                                 .minor_by_symbols = static_cast<int>(origin.minor_by_symbols),
                                 .code_type = FileAddr{origin.code_type}};
  auto runtime = open_runtime(memory, origin.runtime, module, static_cast<pid_t>(origin.pid));
  ASSERT_TRUE(runtime) << runtime.error().what;
  FrameReader reader(memory, *runtime);
  const std::vector<std::string> expected{"price:5", "sell:12", "serve:15"};
  PythonCapture capture;
  reader.capture_stopped(static_cast<pid_t>(origin.thread), capture);
  EXPECT_EQ(capture.outcome, PythonOutcome::full);
  EXPECT_EQ(functions_of(memory, *runtime, capture), expected);
  EXPECT_EQ(innermost_locals(memory, reader, capture),
            (std::vector<std::string>{"item=3", "name='Tee\\n'", "rate=0.5", "profit=-1099511627776",
                                      "sizes=tuple of 2", "note=None"}));
  reader.capture_running(static_cast<pid_t>(origin.thread), capture);
  EXPECT_EQ(capture.outcome, PythonOutcome::full);
  EXPECT_EQ(functions_of(memory, *runtime, capture), expected);
  std::map<uint32_t, std::string> names;
  for (const ThreadName& name : read_thread_names(memory, *runtime)) {
    names[static_cast<uint32_t>(name.native_id)] = name.name;
  }
  EXPECT_EQ(names[origin.thread], "Verkäufer");
  EXPECT_EQ(names[origin.pid], "MainThread");
  EXPECT_EQ(find_gils(memory, *runtime).size(), runtime->free_threaded ? 0U : 1U);
}

/// Takes the image anew; the pieces that are read, and no more.
void take_image(const Interpreter& interpreter, const std::string& path) {
  PythonTarget target(interpreter, "shop.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  RecordingMemory memory(target.memory());
  memory.image.origin = {.runtime = runtime->address,
                         .code_type = runtime->code_type,
                         .version_hex = runtime->version_hex,
                         .minor_by_symbols = static_cast<uint32_t>(runtime->minor()),
                         .pid = static_cast<uint32_t>(target.pid()),
                         .thread = target.truth()["thread"]};
  look_at(memory, memory.image.origin);
  const std::vector<std::byte> bytes = memory.image.encode();
  std::string file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // Paths of the interpreter's own files: not those of this machine.
  const std::string home = std::getenv("HOME") == nullptr ? "/root" : std::getenv("HOME");
  const std::string neutral = "/" + std::string(home.size() - 1, 'x');
  for (size_t at = file.find(home); at != std::string::npos; at = file.find(home, at + 1)) {
    file.replace(at, home.size(), neutral);
  }
  std::ofstream(path, std::ios::binary) << file;
}

class MemoryImages : public testing::TestWithParam<const char*> {};

TEST_P(MemoryImages, TellWhatTheyTold) {
  const std::string path = image_path(GetParam());
  if (std::getenv("STROBE_UPDATE_GOLDEN") != nullptr) {
    if (const auto interpreter = strobe::test::find_interpreter(GetParam())) take_image(*interpreter, path);
  }
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file) << file.error().what;
  MemoryImage image = MemoryImage::decode(file->bytes());
  look_at(image, image.origin);
}
INSTANTIATE_TEST_SUITE_P(Interpreters, MemoryImages, testing::Values("3.9", "3.11", "3.13t", "3.15"),
                         name_of_param);

}  // namespace
}  // namespace strobe::python::test
