// Finding interpreters in files and processes, and what is said about versions that are not known.
#include "python/runtime.h"

#include "python/core/read_word.h"
#include "python/debug_offsets.h"
#include "python_target.h"
#include "support/memory_image.h"

namespace strobe::python::test {
namespace {

using strobe::test::MemoryImage;

std::optional<InterpreterModule> find_in_file(const std::string& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return std::nullopt;
  auto file = elf::ElfFile::parse(mapped->bytes());
  return file ? find_interpreter(*file) : std::nullopt;
}

TEST(InterpreterModule, IsNotInOtherPrograms) {
  EXPECT_FALSE(find_in_file("/proc/self/exe"));
  EXPECT_FALSE(find_in_file("/bin/sh"));
}

class Modules : public EachInterpreter {};

TEST_P(Modules, TellTheirVersion) {
  PythonTarget target(interpreter_, "shop.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  auto runtime = target.open();
  ASSERT_TRUE(runtime) << runtime.error().what;
  EXPECT_EQ(target.module().minor_by_symbols, interpreter_.minor);
  EXPECT_EQ(target.module().version_hex >> 16 & 0xff, interpreter_.minor >= 11 ? interpreter_.minor : 0U);
  EXPECT_EQ(target.module().free_threaded_hint, interpreter_.free_threaded);
  EXPECT_NE(raw(target.module().code_type), 0U);
  EXPECT_LT(raw(target.module().evaluator_begin), raw(target.module().evaluator_end));
  EXPECT_EQ(runtime->minor(), interpreter_.minor);
  std::vector<PythonThread> threads;
  EXPECT_TRUE(list_threads(target.memory(), *runtime, threads));
  ASSERT_EQ(threads.size(), 2U);
  EXPECT_EQ(threads[0].native_id, target.truth()["thread"].get<pid_t>());
  EXPECT_EQ(threads[1].native_id, target.pid());
  EXPECT_EQ(threads[1].interpreter_id, 0);
}
STROBE_EACH_INTERPRETER(Modules);

/// Memory of a runtime that says that it is of this version, and holds nothing else.
MemoryImage runtime_image(uint64_t version_hex) {
  MemoryImage image;
  std::vector<std::byte> bytes(kDebugOffsetsBytes + 8192);
  std::memcpy(bytes.data(), "xdebugpy", 8);
  std::memcpy(bytes.data() + 8, &version_hex, sizeof version_hex);
  image.store(0x10000, bytes);
  return image;
}

Error error_of(uint64_t version_hex) {
  MemoryImage image = runtime_image(version_hex);
  auto runtime = open_runtime(image, 0x10000, {.runtime = FileAddr{0x10000}}, 1);
  return runtime ? Error{} : runtime.error();
}

TEST(UnknownVersions, AreSaid) {
  const Error newer = error_of(0x031000f0);
  EXPECT_EQ(newer.code, ErrorCode::unsupported);
  EXPECT_EQ(newer.what, "CPython 3.16 is newer than this Strobe: native frames only");
  EXPECT_FALSE(newer.hint.empty());
  EXPECT_EQ(error_of(0x040000f0).what, "CPython 4.0 is newer than this Strobe: native frames only");
  EXPECT_EQ(error_of(0x030800f0).what, "CPython 3.8 is older than this Strobe knows: native frames only");
  EXPECT_EQ(error_of(0x030f00a3).what, "CPython 3.15 in a pre-release: native frames only");
  EXPECT_EQ(error_of(0x030f00a3).code, ErrorCode::unsupported);
}

TEST(UnknownVersions, WithoutAnyWordOfItAreSaid) {
  MemoryImage image;
  image.store(0x10000, std::vector<std::byte>(4096));
  auto runtime = open_runtime(image, 0x10000, {.runtime = FileAddr{0x10000}}, 1);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().code, ErrorCode::unsupported);
}

TEST(Runtimes, ThatAreNotInitialisedYetAreToldApart) {
  MemoryImage image;
  image.store(0x10000, std::vector<std::byte>(4096));
  const InterpreterModule module{.runtime = FileAddr{0x10000}, .version_hex = 0x030b02f0};
  auto runtime = open_runtime(image, 0x10000, module, 1);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().code, ErrorCode::not_found);
}

TEST(Runtimes, WithAnotherLayoutAreRefused) {
  MemoryImage image;
  std::vector<std::byte> bytes(8192);
  const auto put = [&](size_t offset, uint64_t word) { std::memcpy(bytes.data() + offset, &word, 8); };
  put(40, 0x11000);           // interpreters.head
  put(0x1000 + 16, 0x11800);  // threads.head; that thread state names no interpreter
  image.store(0x10000, bytes);
  const InterpreterModule module{.runtime = FileAddr{0x10000}, .version_hex = 0x030b02f0};
  auto runtime = open_runtime(image, 0x10000, module, 1);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().code, ErrorCode::malformed);
  auto gone = open_runtime(image, 0x90000, module, 1);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::gone);
}

}  // namespace
}  // namespace strobe::python::test
