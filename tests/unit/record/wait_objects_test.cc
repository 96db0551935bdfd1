// What threads wait for as text, and who holds a mutex.
#include "record/wait_objects.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "os/process_memory.h"

namespace strobe::record {
namespace {

std::unordered_map<uint64_t, std::string> inet(std::string_view kind, const std::string& lines) {
  std::unordered_map<uint64_t, std::string> found;
  decode_inet_sockets(kind, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n" + lines,
                      found);
  return found;
}

TEST(WaitObjects, SocketsByTheirAddresses) {
  const auto tcp =
      inet("tcp",
           "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1\n"
           "   1: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 78 1\n");
  EXPECT_EQ(tcp.at(77), "tcp 127.0.0.1:8080");
  EXPECT_EQ(tcp.at(78), "tcp 127.0.0.1:54321 -> 127.0.0.1:8080");
  const auto tcp6 =
      inet("tcp6",
           "   0: 00000000000000000000000001000000:0050 00000000000000000000000001000000:D431 01 "
           "00000000:00000000 00:00000000 00000000 0 0 9 1\n");
  EXPECT_EQ(tcp6.at(9), "tcp6 [::1]:80 -> [::1]:54321");
}

TEST(WaitObjects, LinesThatLieAreLeftOut) {
  EXPECT_TRUE(inet("tcp", "   0: 0100007F:1F90 00000000:0000 0A\n").empty());
  EXPECT_TRUE(inet("tcp", "   0: 010007F:1F90 00000000:0000 0A a b c d e f 77 1\n").empty());
  EXPECT_TRUE(inet("tcp", "   0: 0100007F:1F900 00000000:0000 0A a b c d e 77 1\n").empty());
  EXPECT_TRUE(inet("tcp", "   0: 0100007F:1F90 00000000:0000 0A a b c d e x 1\n").empty());
  EXPECT_TRUE(inet("tcp", std::string(100'000, ':')).empty());
}

TEST(WaitObjects, UnixSocketsByTheirNames) {
  std::unordered_map<uint64_t, std::string> found;
  decode_unix_sockets(
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 100\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 101 /run/a b.sock\n",
      found);
  EXPECT_EQ(found, (std::unordered_map<uint64_t, std::string>{{101, "unix /run/a b.sock"}}));
}

TEST(WaitObjects, DescriptorsOfAProcess) {
  WaitObjects objects;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_TRUE(objects.describe(::getpid(), ends[0], 1).starts_with("pipe:["));
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(objects.describe(::getpid(), ends[0], 1), "");
  EXPECT_TRUE(objects.shares_thread_ids(::getpid()));
}

/// glibc's layout is checked against glibc: a mutex that this thread holds, and another waits for.
TEST(MutexOwner, IsWhoHoldsIt) {
  struct Shared {
    pthread_mutex_t mutex;
  } shared{};
  for (const int type : {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE}) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutex_init(&shared.mutex, &attributes);
    pthread_mutex_lock(&shared.mutex);
    os::ProcessMemory memory(::getpid());
    const auto address = reinterpret_cast<uint64_t>(&shared.mutex);
    EXPECT_EQ(read_mutex_owner(memory, address), 0) << "nobody sleeps on it";
    const int32_t contended = 2;  // as a thread that is about to sleep on it says
    std::memcpy(&shared.mutex, &contended, sizeof contended);
    EXPECT_EQ(read_mutex_owner(memory, address), ::gettid());
    pthread_mutex_unlock(&shared.mutex);
    EXPECT_EQ(read_mutex_owner(memory, address), 0);
    EXPECT_EQ(read_mutex_owner(memory, address + 2), 0) << "no futex lies there";
    pthread_mutexattr_destroy(&attributes);
  }
  EXPECT_EQ(read_mutex_owner(*std::make_unique<os::ProcessMemory>(::getpid()), 0x10), 0) << "unreadable";
}

TEST(MutexOwner, OfOtherKindsIsNotGuessed) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  pthread_mutex_lock(&mutex);
  const int32_t contended = 2;
  std::memcpy(&mutex, &contended, sizeof contended);
  os::ProcessMemory memory(::getpid());
  EXPECT_EQ(read_mutex_owner(memory, reinterpret_cast<uint64_t>(&mutex)), 0);
  pthread_mutexattr_destroy(&attributes);
}

}  // namespace
}  // namespace strobe::record
