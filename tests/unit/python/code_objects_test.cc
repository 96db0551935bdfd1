// Code objects that are freed, and others at their addresses; on recorded images of interpreters' memory.
#include "python/code_objects.h"

#include "python/frame_reader.h"
#include "python_target.h"
#include "support/memory_image.h"

namespace strobe::python::test {
namespace {

using strobe::test::MemoryImage;

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

TEST_P(CodeObjectsOf, AreReadOnce) {
  CodeObjects codes(image_, runtime_);
  const CodeObject* code = codes.find(code_, capture_.frames[0].identity);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->name, "price");
  EXPECT_EQ(code->file, "/srv/shop.py");
  EXPECT_EQ(code->first_line, 4);
  EXPECT_EQ(codes.misses(), 1U);
  EXPECT_EQ(codes.find(code_, capture_.frames[0].identity), code);
  EXPECT_EQ(codes.misses(), 1U);
}

TEST_P(CodeObjectsOf, AreToldFromOthersAtTheirAddress) {
  const uint64_t first = capture_.frames[0].identity;
  ASSERT_NE(first, 0U);
  CodeObjects codes(image_, runtime_);
  ASSERT_NE(codes.find(code_, first), nullptr);
  move_to_line(70);
  const CodeObject* present = codes.find(code_, 0);
  ASSERT_NE(present, nullptr);
  EXPECT_EQ(present->first_line, 70);
  const uint64_t second = present->identity;
  EXPECT_NE(second, first);
  EXPECT_EQ(codes.find(code_, second), present);
  // Samples of the one before may still come.
  const CodeObject* before = codes.find(code_, first);
  ASSERT_NE(before, nullptr);
  EXPECT_EQ(before->first_line, 4);
  EXPECT_NE(before->serial, present->serial);
}

TEST_P(CodeObjectsOf, AreNotNamedWhenTheyAreGone) {
  CodeObjects codes(image_, runtime_);
  move_to_line(70);
  EXPECT_EQ(codes.find(code_, capture_.frames[0].identity), nullptr);
}

TEST_P(CodeObjectsOf, AreFoundByTheirMark) {
  CodeObjects codes(image_, runtime_);
  const uint32_t mark = code_mark(capture_.frames[0].identity);
  ASSERT_NE(mark, 0U);
  const CodeObject* first = codes.find_marked(code_, mark);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->first_line, 4);
  move_to_line(70);
  EXPECT_EQ(codes.find_marked(code_, mark), first);
  EXPECT_EQ(codes.find_marked(code_, mark ^ 1), nullptr);
  CodeObjects others(image_, runtime_);
  EXPECT_EQ(others.find_marked(code_, mark), nullptr) << "it was gone before it was met";
  ASSERT_NE(others.find_marked(code_, 0), nullptr) << "without a mark what is there is all that is known";
}

TEST_P(CodeObjectsOf, AreNotTakenFromOtherObjects) {
  CodeObjects codes(image_, runtime_);
  EXPECT_EQ(codes.find(0, 0), nullptr);
  EXPECT_EQ(codes.find(8, 0), nullptr);
  EXPECT_EQ(codes.find(capture_.interpreter, 0), nullptr);
  ASSERT_NE(codes.find(code_, 0), nullptr);
  put(code_ + static_cast<uint64_t>(runtime_.layout.object.type), uint64_t{0x1230});
  EXPECT_EQ(codes.find(code_, 0), nullptr);
}

TEST_P(CodeObjectsOf, HaveLinesForTheirOwnInstructionsOnly) {
  CodeObjects codes(image_, runtime_);
  const RawPythonFrame& frame = capture_.frames[0];
  const CodeObject* code = codes.find(code_, 0);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(codes.line_of(*code, frame.instruction, frame.tlbc), 5);
  EXPECT_EQ(codes.line_of(*code, frame.instruction + (uint64_t{1} << 40), frame.tlbc), std::nullopt);
  EXPECT_EQ(codes.line_of(*code, frame.instruction - 100'000, frame.tlbc), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Interpreters, CodeObjectsOf, testing::Values("3.9", "3.11", "3.13t", "3.15"),
                         name_of_param);

}  // namespace
}  // namespace strobe::python::test
