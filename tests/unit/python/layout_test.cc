// Layout tables, against what interpreters say about themselves, and against nonsense.
#include "python/layout.h"

#include "python/core/frame_walk.h"
#include "python/debug_offsets.h"
#include "python_target.h"

namespace strobe::python::test {
namespace {

TEST(Layouts, ExistForEveryVersionAndBuild) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    SCOPED_TRACE(minor);
    const auto layout = find_layout(minor, false);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->walk.minor, static_cast<PythonHalf>(minor));
    EXPECT_LE(layout->walk.thread_size, kMaxThreadBytes);
    EXPECT_LE(layout->walk.frame_size, kMaxFrameBytes);
    EXPECT_EQ(find_layout(minor, true).has_value(), minor >= 13);
  }
  EXPECT_FALSE(find_layout(kOldestMinor - 1, false));
  EXPECT_FALSE(find_layout(kNewestMinor + 1, false));
}

class DebugOffsets : public EachInterpreter {
 protected:
  void SetUp() override {
    EachInterpreter::SetUp();
    if (IsSkipped()) return;
    target_ = std::make_unique<PythonTarget>(interpreter_, "shop.py");
    ASSERT_TRUE(target_->wait_until_ready()) << target_->program().err();
    auto runtime = target_->open();
    ASSERT_TRUE(runtime) << runtime.error().what;
    runtime_ = *runtime;
    bytes_.resize(kDebugOffsetsBytes);
    ASSERT_TRUE(target_->memory().read_memory(runtime_.address, bytes_));
  }
  std::unique_ptr<PythonTarget> target_;
  Runtime runtime_;
  std::vector<std::byte> bytes_;
};

TEST_P(DebugOffsets, EqualTheTable) {
  const auto header = decode_debug_header(bytes_);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->version_hex, runtime_.version_hex);
  EXPECT_EQ(header->free_threaded, interpreter_.free_threaded);
  auto layout = *find_layout(interpreter_.minor, interpreter_.free_threaded);
  const auto changed = apply_debug_offsets(bytes_, layout);
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(*changed, 0);
}

TEST_P(DebugOffsets, OverrideTheTable) {
  auto layout = *find_layout(interpreter_.minor, interpreter_.free_threaded);
  const PythonOffset real = layout.walk.interpreter_next;
  layout.walk.interpreter_next = real + 8;
  layout.object.code_filename += 16;
  const auto changed = apply_debug_offsets(bytes_, layout);
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(*changed, 2);
  EXPECT_EQ(layout.walk.interpreter_next, real);
}

TEST_P(DebugOffsets, ThatCannotBeAreRefused) {
  const auto table = *find_layout(interpreter_.minor, interpreter_.free_threaded);
  for (const uint64_t value : {~uint64_t{0}, uint64_t{1} << 40, uint64_t{3}}) {
    auto layout = table;
    auto bytes = bytes_;
    std::memcpy(bytes.data() + 64, &value, sizeof value);  // interpreter_state.next
    EXPECT_FALSE(apply_debug_offsets(bytes, layout)) << value;
    EXPECT_EQ(layout.walk.interpreter_next, table.walk.interpreter_next);
  }
  auto layout = table;
  EXPECT_FALSE(apply_debug_offsets(Bytes(bytes_).first(100), layout));
}
// Interpreters bring their offsets from 3.13 on.
INSTANTIATE_TEST_SUITE_P(Interpreters, DebugOffsets,
                         testing::Values("3.13", "3.13_shared", "3.13t", "3.14", "3.14t", "3.15", "3.15t"),
                         name_of_param);

}  // namespace
}  // namespace strobe::python::test
