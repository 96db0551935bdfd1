// Where sources are found and in which order, and what is not taken for one.
#include "workflow/source_finder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/md5.h"
#include "support/temporary_folder.h"

namespace strobe::workflow {
namespace {

using Map = std::vector<std::pair<std::string, std::string>>;

TEST(SourceMap, TakesTheLongestFolderThatFits) {
  const Map map = {{"/build", "/a"}, {"/build/app/", "/b"}, {"/build/ap", "/c"}, {"gen", "out/gen"}};
  EXPECT_EQ(map_source_path("/build/x.c", map), "/a/x.c");
  EXPECT_EQ(map_source_path("/build/app/src/x.c", map), "/b/src/x.c");
  EXPECT_EQ(map_source_path("/build/ap/x.c", map), "/c/x.c");
  EXPECT_EQ(map_source_path("/build/apple/x.c", map), "/a/apple/x.c");
  EXPECT_EQ(map_source_path("/builder/x.c", map), std::nullopt);
  EXPECT_EQ(map_source_path("gen/x.c", map), "out/gen/x.c");
  EXPECT_EQ(map_source_path("/build", map), "/a");
  EXPECT_EQ(map_source_path("/x.c", {{"/", "/root"}}), "/root/x.c");
}

TEST(SourceMap, IsSplitAtTheFirstEqualsSign) {
  EXPECT_EQ(*parse_source_map("/a=/b=c"), std::pair(std::string("/a"), std::string("/b=c")));
  for (const char* wrong : {"", "=", "/a", "/a=", "=/b"}) {
    const auto parsed = parse_source_map(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

class FinderIn : public testing::Test {
 protected:
  void SetUp() override { here_ = std::filesystem::canonical(folder_.path()); }
  /// Makes the file with its folders.
  std::string put(const std::string& name, const std::string& text) {
    const std::string path = here_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    test::write_file(path, text);
    return path;
  }
  SourceFile find(const std::string& path, Map map = {}) {
    SourceFinder finder(profile_, {std::move(map), here_ + "/work"}, symbolize::SymbolizeOptions{});
    return finder.find_source(path);
  }

  test::TemporaryFolder folder_;
  std::string here_;
  Profile profile_;
};

TEST_F(FinderIn, TheOrderIsAsDocumented) {
  put("work/src/a.c", "nearby");
  const std::string path = here_ + "/build/src/a.c";
  SourceFile file = find(path);
  EXPECT_EQ(file.text, "nearby");
  EXPECT_EQ(file.place, SourcePlace::nearby);
  EXPECT_EQ(file.path, here_ + "/work/src/a.c");
  put("build/src/a.c", "as named");
  EXPECT_EQ(find(path).text, "as named");
  EXPECT_EQ(find(path).place, SourcePlace::as_named);
  put("moved/a.c", "mapped");
  file = find(path, {{here_ + "/build/src", here_ + "/moved"}});
  EXPECT_EQ(file.text, "mapped");
  EXPECT_EQ(file.place, SourcePlace::mapped);
  profile_.sources.push_back({.path = path, .state = SourceState::too_large});
  EXPECT_EQ(find(path).text, "as named");
  profile_.sources.push_back({.path = path, .text = "embedded", .mtime_ns = 7, .md5 = "m"});
  file = find(path, {{here_ + "/build/src", here_ + "/moved"}});
  EXPECT_EQ(file.text, "embedded");
  EXPECT_EQ(file.place, SourcePlace::recording);
  EXPECT_EQ(file.mtime_ns, 7);
}

TEST_F(FinderIn, AMapThatLeadsNowhereIsPassedOver) {
  const std::string path = put("build/a.c", "as named");
  EXPECT_EQ(find(path, {{here_ + "/build", here_ + "/nosuch"}}).text, "as named");
}

TEST_F(FinderIn, TheLongestCommonEndDecides) {
  put("work/one/src/a.c", "one");
  put("work/two/src/a.c", "two");
  EXPECT_EQ(find("/nosuch/two/src/a.c").text, "two");
  const SourceFile file = find("/nosuch/src/a.c");
  EXPECT_EQ(file.state, SourceState::ambiguous);
  EXPECT_TRUE(file.text.empty());
  EXPECT_EQ(find("/nosuch/two/src/b.c").state, SourceState::absent);
}

TEST_F(FinderIn, ARelativeNameIsFoundNearbyOnly) {
  put("work/src/a.c", "nearby");
  EXPECT_EQ(find("../lib/src/a.c").text, "nearby");
  EXPECT_EQ(find("a.c", {{"a.c", here_ + "/work/src/a.c"}}).place, SourcePlace::mapped);
}

TEST_F(FinderIn, HiddenFoldersAndLinksAreNotSearched) {
  put("work/.git/a.c", "hidden");
  put("other/b.c", "behind a link");
  std::filesystem::create_directory_symlink(here_ + "/other", here_ + "/work/linked");
  std::filesystem::create_directory_symlink(here_ + "/work", here_ + "/work/loop");
  EXPECT_EQ(find("/nosuch/a.c").state, SourceState::absent);
  EXPECT_EQ(find("/nosuch/b.c").state, SourceState::absent);
}

TEST_F(FinderIn, TroubleIsTold) {
  const std::string path = put("build/a.c", std::string("a\0b", 3));
  const SourceFile file = find(path);
  EXPECT_EQ(file.state, SourceState::binary);
  EXPECT_EQ(file.path, path);
}

TEST_F(FinderIn, TooManyFilesGiveNoAnswer) {
  put("work/a.c", "one");
  put("work/b.c", "two");
  EXPECT_EQ(SourceIndex(here_ + "/work").find("/x/a.c").size(), 1U);
  EXPECT_TRUE(SourceIndex(here_ + "/work", 1).find("/x/a.c").empty()) << "another a.c could be there";
  EXPECT_TRUE(SourceIndex(here_ + "/nosuch").find("/x/a.c").empty());
}

TEST_F(FinderIn, AnotherRootOfAProcessThatIsNotOursIsNotLookedInto) {
  // The process lives and has this program mapped, but its root is our own.
  profile_.strings = {"/proc/self/exe"};
  profile_.processes.push_back({.pid = ::getpid()});
  profile_.modules.push_back({.path = StringId{0}, .process = ProcessId{0}});
  EXPECT_EQ(find("/nosuch/a.c").state, SourceState::absent);
}

}  // namespace
}  // namespace strobe::workflow
