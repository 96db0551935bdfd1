// Whatever lies where a source should be: reading it ends, has no effect, and says what it is.
#include "os/source_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/md5.h"
#include "support/temporary_folder.h"

namespace strobe::os {
namespace {

class SourceFileAt : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("a.c");
};

TEST_F(SourceFileAt, ARegularFileIsRead) {
  test::write_file(path_, "int a;\nint b\xff;\r\n");  // need not be UTF-8
  const SourceFile file = read_source_file(path_);
  EXPECT_EQ(file.state, SourceState::found);
  EXPECT_EQ(file.text, "int a;\nint b\xff;\r\n");
  EXPECT_EQ(file.path, path_);
  EXPECT_EQ(file.md5, md5_hex(std::as_bytes(std::span(file.text))));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(file.mtime_ns, int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec);
}

TEST_F(SourceFileAt, AnEmptyFileIsFound) {
  test::write_file(path_, "");
  EXPECT_EQ(read_source_file(path_).state, SourceState::found);
}

TEST_F(SourceFileAt, NothingIsAbsent) {
  EXPECT_EQ(read_source_file(path_).state, SourceState::absent);
  EXPECT_EQ(read_source_file("").state, SourceState::absent);
  EXPECT_EQ(read_source_file(path_ + "/below").state, SourceState::absent);
  EXPECT_EQ(read_source_file(std::string(100'000, 'x')).state, SourceState::absent);
  EXPECT_EQ(read_source_file("/" + std::string(300, 'x')).state, SourceState::absent);
  test::write_file(path_, "int a;\n");
  EXPECT_EQ(read_source_file(path_ + std::string(1, '\0') + ".c").state, SourceState::absent);
}

TEST_F(SourceFileAt, ANameMayHoldAnything) {
  const std::string odd = folder_.file("\xe2\x80\xae a\n\x1b[2J.c");
  test::write_file(odd, "odd\n");
  EXPECT_EQ(read_source_file(odd).text, "odd\n");
}

TEST_F(SourceFileAt, AFifoIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read_source_file(path_).state, SourceState::not_regular);
}

TEST_F(SourceFileAt, ADeviceOrFolderIsNotOpened) {
  EXPECT_EQ(read_source_file("/dev/zero").state, SourceState::not_regular);
  EXPECT_EQ(read_source_file("/dev/tty").state, SourceState::not_regular);
  EXPECT_EQ(read_source_file(folder_.path()).state, SourceState::not_regular);
}

TEST_F(SourceFileAt, FilesThatTheKernelMakesUpAreNotRead) {
  for (const char* target : {"/proc/self/environ", "/proc/kmsg", "/proc/self/mem", "/sys/power/state"}) {
    if (::access(target, F_OK) != 0) continue;
    EXPECT_EQ(read_source_file(target).state, SourceState::not_regular) << target;
    static_cast<void>(::unlink(path_.c_str()));
    ASSERT_EQ(::symlink(target, path_.c_str()), 0);
    EXPECT_EQ(read_source_file(path_).state, SourceState::not_regular) << "a link to " << target;
  }
}

TEST_F(SourceFileAt, ALinkIsFollowed) {
  test::write_file(folder_.file("b.c"), "text\n");
  ASSERT_EQ(::symlink("b.c", path_.c_str()), 0);
  EXPECT_EQ(read_source_file(path_).text, "text\n");
  ASSERT_EQ(::symlink("loop", folder_.file("loop").c_str()), 0);
  EXPECT_EQ(read_source_file(folder_.file("loop")).state, SourceState::unreadable);
}

TEST_F(SourceFileAt, AHugeFileIsNotRead) {
  test::write_file(path_, "int a;\n");
  ASSERT_EQ(::truncate(path_.c_str(), off_t{1} << 30), 0);
  const SourceFile file = read_source_file(path_);
  EXPECT_EQ(file.state, SourceState::too_large);
  EXPECT_TRUE(file.text.empty());
}

TEST_F(SourceFileAt, TheLimitIsExact) {
  test::write_file(path_, std::string(kMaxSourceBytes, 'x'));
  EXPECT_EQ(read_source_file(path_).state, SourceState::found);
  test::write_file(path_, std::string(kMaxSourceBytes + 1, 'x'));
  EXPECT_EQ(read_source_file(path_).state, SourceState::too_large);
}

TEST_F(SourceFileAt, ABinaryFileIsNoText) {
  test::write_file(path_, std::string("\x7f"
                                      "ELF\0\1",
                                      6));
  const SourceFile file = read_source_file(path_);
  EXPECT_EQ(file.state, SourceState::binary);
  EXPECT_TRUE(file.text.empty());
}

TEST_F(SourceFileAt, WhatIsForbiddenIsUnreadable) {
  test::write_file(path_, "int a;\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0), 0);
  // In a process of its own, because root may read everything and has to become somebody else.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    ::_exit(read_source_file(path_).state == SourceState::unreadable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace strobe::os
