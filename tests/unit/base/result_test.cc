// Errors as values, and the owners of descriptors and mapped files.
#include "base/result.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/mapped_file.h"
#include "base/unique_fd.h"

namespace strobe {
namespace {

TEST(Error, ErrnoBecomesACodeAndAText) {
  const struct {
    int number;
    ErrorCode code;
  } cases[] = {{ENOENT, ErrorCode::not_found},    {EACCES, ErrorCode::not_permitted},
               {EPERM, ErrorCode::not_permitted}, {ENOSPC, ErrorCode::no_resources},
               {EMFILE, ErrorCode::no_resources}, {ESRCH, ErrorCode::gone}};
  for (const auto& c : cases) {
    const Error error = make_errno_error(c.number, "open x", "try y");
    EXPECT_EQ(error.code, c.code) << c.number;
    EXPECT_EQ(error.sys_errno, c.number);
    EXPECT_EQ(error.what.find("open x: "), 0u) << error.what;
    EXPECT_EQ(error.hint, "try y");
  }
}

TEST(Error, PassesThroughAResultOfAnotherType) {
  const auto inner = []() -> Result<int> { return fail(ErrorCode::malformed, "bad", "hint"); };
  const auto outer = [&]() -> Result<std::string> {
    auto result = inner();
    if (!result) return pass(std::move(result));
    return std::string("fine");
  };
  const auto result = outer();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::malformed);
  EXPECT_EQ(result.error().what, "bad");
  EXPECT_EQ(result.error().hint, "hint");
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, ClosesOnceAndMoves) {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    UniqueFd first(number);
    UniqueFd second(std::move(first));
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a moved-from owner is
    EXPECT_EQ(second.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(MappedFile, OfNoFileADirectoryAndBytesOfOurs) {
  EXPECT_EQ(MappedFile::open("/nonexistent").error().code, ErrorCode::not_found);
  EXPECT_FALSE(MappedFile::open("/"));
  MappedFile own = MappedFile::own({std::byte{1}, std::byte{2}});
  const auto* data = own.bytes().data();
  const MappedFile moved(std::move(own));
  EXPECT_EQ(moved.bytes().data(), data) << "spans stay valid when the file is moved";
  EXPECT_EQ(moved.bytes().size(), 2u);
}

}  // namespace
}  // namespace strobe
