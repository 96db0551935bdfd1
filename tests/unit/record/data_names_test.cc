// Names of this test's own global data, found as those of a target's are.
#include "record/data_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "os/proc_maps.h"

extern "C" {
int strobe_test_locks[4] = {1, 2, 3, 4};  // NOLINT(readability-identifier-naming): a symbol to be found
}

namespace strobe::record {
namespace {

class DataNamesOfThisProcess : public testing::Test {
 protected:
  void SetUp() override {
    const auto mappings = os::read_proc_maps(::getpid());
    ASSERT_TRUE(mappings);
    for (const os::ProcMapping& mapping : *mappings) {
      if (!mapping.executable) continue;
      space_.insert(modules_.map({.pid = ::getpid(),
                                  .tid = ::getpid(),
                                  .start = mapping.start,
                                  .size = mapping.end - mapping.start,
                                  .file_offset = mapping.file_offset,
                                  .device_major = mapping.device_major,
                                  .device_minor = mapping.device_minor,
                                  .inode = mapping.inode,
                                  .path = mapping.path,
                                  .build_id = {}},
                                 ProcessId{0}));
    }
  }
  std::string find(const void* address) { return names_.find(space_, reinterpret_cast<uint64_t>(address)); }

  StringTable strings_;
  ModuleTable modules_{strings_};
  AddressSpace space_;
  DataNames names_{modules_};
};

TEST_F(DataNamesOfThisProcess, GlobalDataHasItsSymbolAndFile) {
  EXPECT_EQ(find(&strobe_test_locks).find("strobe_test_locks ("), 0U) << find(&strobe_test_locks);
  EXPECT_EQ(find(&strobe_test_locks[2]).find("strobe_test_locks+0x8 ("), 0U) << find(&strobe_test_locks[2]);
  // Of the C library, without a symbol table of its own: what it exports.
  EXPECT_EQ(find(&stdout).find("stdout"), 0U) << find(&stdout);
}

TEST_F(DataNamesOfThisProcess, OtherMemoryHasNone) {
  const int on_the_stack = 0;
  const auto on_the_heap = std::make_unique<int>();
  EXPECT_EQ(find(&on_the_stack), "");
  EXPECT_EQ(find(on_the_heap.get()), "");
  EXPECT_EQ(find(nullptr), "");
}

}  // namespace
}  // namespace strobe::record
