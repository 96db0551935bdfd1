// What the kernel says of memory, against memory that the test touches itself.
#include "os/process_usage.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/unique_fd.h"

namespace strobe::os {
namespace {

constexpr size_t kMiB = 1 << 20;
#ifdef __SANITIZE_ADDRESS__
constexpr double kShadow =
    1.0 / 8;  // the address sanitizer's own byte for eight, from where they are first touched
#else
constexpr double kShadow = 0;
#endif

/// Memory of a kind, gone with the object.
class Region {
 public:
  Region(size_t size, int flags) : size_(size) {
    at_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
  }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region() { ::munmap(at_, size_); }
  void touch() const { std::memset(at_, 1, size_); }

 private:
  void* at_;
  size_t size_;
};

/// Whether a figure grew by `bytes`, give or take what the test program itself does meanwhile, and what
/// counters of older kernels leave out.
void expect_growth(uint64_t before, uint64_t after, size_t bytes) {
  EXPECT_NEAR(static_cast<double>(after) - static_cast<double>(before), static_cast<double>(bytes),
              1.5 * kMiB + kShadow * static_cast<double>(bytes));
}

TEST(DecodeResidentMemory, FindsItsLines) {
  const std::string status =
      "Name:\tx\\nVmRSS:\t9 kB\nVmHWM:\t    2052 kB\nVmRSS:\t    2000 kB\nRssAnon:\t     144 kB\n"
      "RssFile:\t    1808 kB\nRssShmem:\t      48 kB\nVmSwap:\t      12 kB\nThreads:\t1\n";
  const auto memory = decode_resident_memory(status);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->peak_rss_bytes, 2052U * 1024);
  EXPECT_EQ(memory->rss_bytes, 2000U * 1024);
  EXPECT_EQ(memory->anonymous_bytes, 144U * 1024);
  EXPECT_EQ(memory->file_bytes, 1808U * 1024);
  EXPECT_EQ(memory->shmem_bytes, 48U * 1024);
  EXPECT_EQ(memory->swap_bytes, 12U * 1024);
}

TEST(DecodeResidentMemory, RefusesWhatMakesNoSense) {
  const std::string good = "\nVmHWM: 1 kB\nVmRSS: 1 kB\nRssAnon: 1 kB\nRssFile: 1 kB\nRssShmem: 1 kB\n";
  EXPECT_TRUE(decode_resident_memory(good));
  EXPECT_FALSE(decode_resident_memory(""));
  EXPECT_FALSE(decode_resident_memory("Name:\tzombie\nState:\tZ (zombie)\n"));
  for (const char* value : {"", "kB", "x kB", "-1 kB", "1 MB", "1kB", "99999999999999999999 kB",
                            "18014398509481984 kB", "9007199254740992 kB"}) {
    const std::string bad = "\nVmHWM: " + std::string(value) + good.substr(good.find("\nVmRSS"));
    EXPECT_FALSE(decode_resident_memory(bad)) << value;
  }
}

TEST(DecodeSharedMemory, SumsPrivatePages) {
  const auto memory = decode_shared_memory(
      "5557cf0f7000-7ffd55b0c000 ---p 00000000 00:00 0                          [rollup]\nRss: 1764 kB\n"
      "Pss:                 220 kB\nPss_Dirty: 9 kB\nPrivate_Clean:        36 kB\nPrivate_Dirty:       116 "
      "kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->pss_bytes, 220U * 1024);
  EXPECT_EQ(memory->private_bytes, 152U * 1024);
  EXPECT_FALSE(decode_shared_memory("\nPss_Dirty: 1 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 1 kB\n"));
}

TEST(ProcessUsage, AnonymousMemoryCountsWhenTouched) {
  const auto before = read_resident_memory(::getpid());
  const auto faults_before = read_page_faults(::getpid());
  ASSERT_TRUE(before && faults_before);
  const Region region(16 * kMiB, MAP_PRIVATE);
  const auto mapped = read_resident_memory(::getpid());
  region.touch();
  const auto after = read_resident_memory(::getpid());
  const auto faults_after = read_page_faults(::getpid());
  ASSERT_TRUE(mapped && after && faults_after);
  expect_growth(before->anonymous_bytes, mapped->anonymous_bytes, 0);
  expect_growth(before->anonymous_bytes, after->anonymous_bytes, 16 * kMiB);
  expect_growth(before->rss_bytes, after->rss_bytes, 16 * kMiB);
  EXPECT_GE(after->peak_rss_bytes, after->rss_bytes);
  EXPECT_GE(faults_after->minor, faults_before->minor + 8);  // 16 MiB in huge pages are eight faults
}

TEST(ProcessUsage, SharedMemoryIsOfItsOwnKind) {
  const auto before = read_resident_memory(::getpid());
  const Region region(8 * kMiB, MAP_SHARED);
  region.touch();
  const auto after = read_resident_memory(::getpid());
  ASSERT_TRUE(before && after);
  expect_growth(before->shmem_bytes, after->shmem_bytes, 8 * kMiB);
  expect_growth(before->anonymous_bytes, after->anonymous_bytes, 0);
}

/// A child by fork that waits until it is let go.
class ForkedChild {
 public:
  ForkedChild() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    const UniqueFd read_end(ends[0]);
    release_ = UniqueFd(ends[1]);
    pid = ::fork();
    if (pid != 0) return;
    ::close(ends[1]);
    char byte = 0;
    static_cast<void>(!::read(ends[0], &byte, 1));
    ::_exit(0);
  }
  ForkedChild(const ForkedChild&) = delete;
  ForkedChild& operator=(const ForkedChild&) = delete;
  ~ForkedChild() {
    release_.reset();
    ::waitpid(pid, nullptr, 0);
  }
  pid_t pid = -1;

 private:
  UniqueFd release_;
};

// Looked at in the child, which sleeps: a parent's figures move when another process that runs the same
// program begins or ends, for they share the program's pages. A child begins without pages of files.
TEST(ProcessUsage, PagesSharedByForkCountInHalves) {
  const Region region(32 * kMiB, MAP_PRIVATE);
  region.touch();
  const ForkedChild child;
  const auto all = read_resident_memory(child.pid);
  const auto shared = read_shared_memory(child.pid);
  ASSERT_TRUE(all && shared);
  EXPECT_GE(all->anonymous_bytes, 32 * kMiB);
  EXPECT_NEAR(static_cast<double>(shared->pss_bytes), static_cast<double>(all->anonymous_bytes) / 2,
              1.5 * kMiB);
  EXPECT_LE(shared->private_bytes, 2 * kMiB);
  region.touch();  // copies every page in the parent: the child has its own to itself
  const auto own = read_shared_memory(child.pid);
  ASSERT_TRUE(own);
  expect_growth(shared->pss_bytes, own->pss_bytes, 16 * kMiB);
  expect_growth(shared->private_bytes, own->private_bytes, 32 * kMiB);
}

TEST(ProcessUsage, ForkHasItsOwnMemoryAndNobodySharesWithTheDead) {
  const ForkedChild child;
  EXPECT_FALSE(share_memory(child.pid, ::getpid()));
  EXPECT_TRUE(share_memory(::getpid(), ::getpid()));
  EXPECT_FALSE(share_memory(::getpid(), -5));
}

TEST(ProcessUsage, OfNobody) {
  EXPECT_FALSE(read_resident_memory(-1));
  EXPECT_FALSE(read_shared_memory(-1));
  EXPECT_FALSE(read_page_faults(-1));
}

}  // namespace
}  // namespace strobe::os
