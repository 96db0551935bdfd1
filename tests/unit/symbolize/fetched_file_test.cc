// Debug files from a provider: asked for only where there is none here, used only if they belong.
#include "symbolize/fetched_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "fixture.h"
#include "support/temporary_folder.h"

namespace strobe::symbolize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A provider that has one file, and counts how often it is asked.
struct Provider {
  std::string served;  ///< empty: knows nothing
  int calls = 0;
  std::string build_id;
  FetchDebugFile function() {
    return [this](const std::string& id, const std::string&) -> Result<std::string> {
      ++calls;
      build_id = id;
      if (served.empty()) return fail(ErrorCode::not_found, "not known");
      return served;
    };
  }
};

/// The stripped fixture, without the debug file that lies beside it.
ModuleFiles files_without_debug() {
  ModuleFiles files;
  auto loaded = load_elf_file(fixture_path("linked"));
  if (loaded) files.module = std::move(*loaded);
  return files;
}

class FetchedFile : public ::testing::Test {
 protected:
  /// A copy in what stands for the provider's cache.
  std::string cached(const std::string& fixture) {
    std::filesystem::copy_file(fixture_path(fixture), folder_.file("cached"));
    return folder_.file("cached");
  }
  test::TemporaryFolder folder_;
};

TEST_F(FetchedFile, IsUsedWhereItBelongs) {
  Provider provider{.served = cached("linked.debug")};
  ModuleFiles files = files_without_debug();
  files.refused = {"another one"};
  add_fetched_file({}, "/x/linked", provider.function(), files);
  ASSERT_TRUE(files.debug);
  EXPECT_EQ(provider.build_id, files.module->elf.build_id());
  EXPECT_THAT(files.refused, IsEmpty());
}

TEST_F(FetchedFile, OfAnotherBuildIsRefusedAndRemoved) {
  Provider provider{.served = cached("dwarf4")};
  ModuleFiles files = files_without_debug();
  add_fetched_file({}, "/x/linked", provider.function(), files);
  EXPECT_FALSE(files.debug);
  EXPECT_THAT(files.refused, ElementsAre(HasSubstr("linked belongs to another build")));
  EXPECT_FALSE(std::filesystem::exists(provider.served));
}

TEST_F(FetchedFile, ThatIsGarbageIsRefusedAndRemoved) {
  test::write_file(folder_.file("cached"), "<html>Not here</html>");
  Provider provider{.served = folder_.file("cached")};
  ModuleFiles files = files_without_debug();
  add_fetched_file({}, "/x/linked", provider.function(), files);
  EXPECT_FALSE(files.debug);
  EXPECT_THAT(files.refused, ElementsAre(HasSubstr("is no ELF file")));
  EXPECT_FALSE(std::filesystem::exists(provider.served));
}

TEST_F(FetchedFile, IsNotAskedForWhereThereIsOne) {
  Provider provider;
  ModuleFiles whole;
  whole.module = std::move(*load_elf_file(fixture_path("dwarf5")));
  add_fetched_file({}, "/x/dwarf5", provider.function(), whole);
  ModuleFiles nothing;  // neither file nor build-id
  add_fetched_file({}, "/x/gone", provider.function(), nothing);
  ModuleFiles hostile;
  add_fetched_file({.build_id = "../../../../etc/passwd"}, "/x/gone", provider.function(), hostile);
  add_fetched_file({.build_id = "0123456789abcdef"}, "/x/gone", FetchDebugFile(), hostile);
  EXPECT_EQ(provider.calls, 0);
  // A file that is gone may still be known by its build-id.
  add_fetched_file({.build_id = "0123456789abcdef"}, "/x/gone", provider.function(), nothing);
  EXPECT_EQ(provider.calls, 1);
  EXPECT_THAT(nothing.refused, IsEmpty());
}

}  // namespace
}  // namespace strobe::symbolize
