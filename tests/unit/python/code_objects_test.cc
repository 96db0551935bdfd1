// Code objects that are freed, and others at their addresses; on recorded images of interpreters' memory.
#include "python/code_objects.h"

#include "python/frame_reader.h"
#include "python_target.h"
#include "support/memory_image.h"

namespace strobe::python::test {
namespace {

using strobe::test::MemoryImage;

constexpr uint64_t kMs = 1'000'000;

class CodeObjectsOf : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = strobe::test::test_name_of(GetParam()) + ".image";
    auto file = MappedFile::open(std::string(STROBE_PYTHON_IMAGES) + "/" + name);
    ASSERT_TRUE(file) << file.error().what;
    image_ = MemoryImage::decode(file->bytes());
    const auto& origin = image_.origin;
    const InterpreterModule module{.runtime = FileAddr{origin.runtime},
                                   .version_hex = origin.version_hex,
                                   .minor_by_symbols = static_cast<int>(origin.minor_by_symbols),
                                   .code_type = FileAddr{origin.code_type}};
    auto runtime = open_runtime(image_, origin.runtime, module, static_cast<pid_t>(origin.pid));
    ASSERT_TRUE(runtime) << runtime.error().what;
    runtime_ = *runtime;
    FrameReader reader(image_, runtime_);
    reader.capture_stopped(static_cast<pid_t>(origin.thread), capture_);
    ASSERT_EQ(capture_.outcome, PythonOutcome::full);
    code_ = capture_.frames[0].code;
  }

  template <class T>
  void put(uint64_t address, T value) {
    image_.store(address, std::as_bytes(std::span(&value, 1)));
  }
  void move_to_line(int32_t line) {
    put(code_ + static_cast<uint64_t>(runtime_.layout.object.code_first_line), line);
  }

  MemoryImage image_;
  Runtime runtime_;
  PythonCapture capture_;
  uint64_t code_ = 0;
};

TEST_P(CodeObjectsOf, AreReadOnceAndComparedLater) {
  CodeObjects codes(image_, runtime_);
  const CodeObject* code = codes.find(code_, 100 * kMs);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->name, "price");
  EXPECT_EQ(code->file, "/srv/shop.py");
  EXPECT_EQ(code->first_line, 4);
  const uint64_t serial = code->serial;
  EXPECT_EQ(codes.misses(), 1U);
  ASSERT_NE(codes.find(code_, 180 * kMs), nullptr);  // new code is looked at again at once
  EXPECT_EQ(codes.misses(), 2U);
  ASSERT_NE(codes.find(code_, 185 * kMs), nullptr);
  EXPECT_EQ(codes.misses(), 2U);

  move_to_line(70);
  code = codes.find(code_, 200 * kMs);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->first_line, 70);
  EXPECT_NE(code->serial, serial);
}

TEST_P(CodeObjectsOf, AreNotTakenFromOtherObjects) {
  CodeObjects codes(image_, runtime_);
  EXPECT_EQ(codes.find(0, kMs), nullptr);
  EXPECT_EQ(codes.find(8, kMs), nullptr);
  EXPECT_EQ(codes.find(capture_.interpreter, kMs), nullptr);
  ASSERT_NE(codes.find(code_, kMs), nullptr);
  put(code_ + static_cast<uint64_t>(runtime_.layout.object.type), uint64_t{0x1230});
  EXPECT_EQ(codes.find(code_, 100 * kMs), nullptr);
}

TEST_P(CodeObjectsOf, HaveLinesForTheirOwnInstructionsOnly) {
  CodeObjects codes(image_, runtime_);
  const RawPythonFrame& frame = capture_.frames[0];
  const CodeObject* code = codes.find(code_, kMs);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(codes.line_of(code_, *code, frame.instruction, frame.tlbc), 5);
  EXPECT_EQ(codes.line_of(code_, *code, frame.instruction + (uint64_t{1} << 40), frame.tlbc), std::nullopt);
  EXPECT_EQ(codes.line_of(code_, *code, frame.instruction - 100'000, frame.tlbc), std::nullopt);
}

class CountedCodeObjectsOf : public CodeObjectsOf {};

TEST_P(CountedCodeObjectsOf, AreComparedWhenTheInterpreterFreedSome) {
  const PythonOffset offset = runtime_.layout.walk.interpreter_code_generation;
  ASSERT_GE(offset, 0);
  const uint64_t generation = capture_.interpreter + static_cast<uint64_t>(offset);
  put(generation, uint64_t{1});
  CodeObjects codes(image_, runtime_);
  codes.check_generation(capture_.interpreter);
  ASSERT_NE(codes.find(code_, kMs), nullptr);
  move_to_line(70);
  codes.check_generation(capture_.interpreter);
  EXPECT_EQ(codes.find(code_, 500 * kMs)->first_line, 4);  // nothing was freed
  put(generation, uint64_t{2});
  codes.check_generation(capture_.interpreter);
  EXPECT_EQ(codes.find(code_, 500 * kMs)->first_line, 70);
}

INSTANTIATE_TEST_SUITE_P(Interpreters, CodeObjectsOf, testing::Values("3.9", "3.11", "3.13t", "3.15"),
                         name_of_param);
// From 3.14 on an interpreter counts how often it freed code objects.
INSTANTIATE_TEST_SUITE_P(Interpreters, CountedCodeObjectsOf, testing::Values("3.15"), name_of_param);

}  // namespace
}  // namespace strobe::python::test
