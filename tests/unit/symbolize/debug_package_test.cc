// Which package has the symbols of a module, by a made-up package manager's files.
#include "symbolize/debug_package.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_folder.h"

namespace strobe::symbolize {
namespace {

class DebugPackage : public ::testing::Test {
 protected:
  void install(const std::string& name, const std::string& paths) {
    const std::string folder = root_.path() + "/var/lib/dpkg/info";
    std::filesystem::create_directories(folder);
    test::write_file(folder + "/" + name, paths);
  }
  [[nodiscard]] std::string advice(const std::string& path) const {
    return advise_on_symbols(path, root_.path());
  }
  test::TemporaryFolder root_;
};

TEST_F(DebugPackage, OfDebian) {
  install("libfoo1:amd64.list", "/.\n/usr\n/usr/lib/libfoo.so.1.2\n/usr/lib/libfoo.so.1\n");
  install("libc6:amd64.list", "/.\n/lib/x86_64-linux-gnu/libc.so.6\n");
  install("bar.list", "/usr/bin/bar");
  install("libold1.list", "/usr/lib/libold.so\n");
  install("libold1-dbg.list", "/usr/lib/debug/libold.so\n");
  install("notes.md5sums", "/usr/bin/other\n");
  EXPECT_EQ(advice("/usr/lib/libfoo.so.1.2"), "install libfoo1-dbgsym (apt) or use --debuginfod");
  EXPECT_EQ(advice("/usr/lib/x86_64-linux-gnu/libc.so.6"), "install libc6-dbg (apt) or use --debuginfod");
  EXPECT_EQ(advice("/usr/bin/bar"), "install bar-dbgsym (apt) or use --debuginfod");
  EXPECT_EQ(advice("/usr/lib/libold.so"), "install libold1-dbg (apt) or use --debuginfod");
  // Parts of lines, files of no package, and files of other kinds are none.
  for (const char* path : {"/usr/lib/libfoo.so", "/lib/libfoo.so.1.2.3", "/home/me/app", "/usr/bin/other"}) {
    EXPECT_EQ(advice(path), "compile it with -g, and do not strip it") << path;
  }
}

TEST_F(DebugPackage, OfRpmSystems) {
  std::filesystem::create_directories(root_.path() + "/usr/lib/sysimage/rpm");
  EXPECT_EQ(advice("/usr/lib64/libfoo.so.1"),
            "sudo dnf debuginfo-install $(rpm -qf /usr/lib64/libfoo.so.1), or use --debuginfod");
  EXPECT_EQ(advice("/usr/local/lib/libmine.so"), "compile it with -g, and do not strip it");
  EXPECT_EQ(advice("/home/me/app"), "compile it with -g, and do not strip it");
}

TEST_F(DebugPackage, HostilePathsAndListsFindNothing) {
  install("a.list", std::string(100'000, '\n'));
  install("b.list", "/usr/lib/x\0y\n");
  for (const std::string path : {"", "relative", "/a\n/b", "/"}) {
    EXPECT_FALSE(find_debian_package(path, root_.path())) << path;
  }
  EXPECT_FALSE(find_debian_package("/x", root_.path() + "/nothing/here"));
}

}  // namespace
}  // namespace strobe::symbolize
