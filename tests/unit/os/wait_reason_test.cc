// Why a thread waits, by what was seen of it: the one table.
#include "os/wait_reason.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <string>
#include <vector>

#include "os/kernel_waits.h"

namespace strobe::os {
namespace {

WaitEvidence in_call(uint64_t call, std::array<uint64_t, 6> arguments = {}) {
  return {.call = call, .arguments = arguments, .code = {}};
}

TEST(WaitReason, OfFutexesByOperationAndValue) {
  struct Case {
    const char* what;
    uint64_t operation, expected;
    ThreadState state;
  };
  const Case kCases[] = {
      {"glibc mutex", FUTEX_WAIT_PRIVATE, 2, ThreadState::lock},
      {"glibc mutex with a time limit", FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 2,
       ThreadState::lock},
      {"glibc rwlock", FUTEX_WAIT_BITSET_PRIVATE, 3, ThreadState::lock},
      {"glibc condition variable", FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, ThreadState::cond},
      {"glibc semaphore", FUTEX_WAIT_BITSET_PRIVATE, 0, ThreadState::cond},
      {"glibc barrier", FUTEX_WAIT_PRIVATE, 0, ThreadState::cond},
      {"glibc join", FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 4711, ThreadState::cond},
      {"priority inheritance", FUTEX_LOCK_PI_PRIVATE, 0, ThreadState::lock},
      {"priority inheritance, any clock", 13 | FUTEX_PRIVATE_FLAG, 0, ThreadState::lock},
      {"condition of such a mutex", FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, ThreadState::cond},
      {"unknown", FUTEX_WAIT_BITSET_PRIVATE, 17, ThreadState::lock},
  };
  for (const Case& test : kCases) {
    const WaitReason reason = find_reason(in_call(SYS_futex, {0x1000, test.operation, test.expected}));
    EXPECT_EQ(reason.state, test.state) << test.what;
    EXPECT_EQ(reason.futex, 0x1000U) << test.what;
    EXPECT_FALSE(reason.descriptor) << test.what;
  }
  EXPECT_TRUE(find_reason(in_call(SYS_futex, {1, FUTEX_WAIT_PRIVATE, 2})).mutex_like);
  EXPECT_FALSE(find_reason(in_call(SYS_futex, {1, FUTEX_WAIT_PRIVATE, 0})).mutex_like);
  // The upper half of the register is nobody's.
  EXPECT_TRUE(find_reason(in_call(SYS_futex, {1, FUTEX_WAIT_PRIVATE, 0xffffffff00000002})).mutex_like);
}

TEST(WaitReason, OfCallsWithTheirDescriptor) {
  EXPECT_EQ(find_reason(in_call(SYS_read, {5})), (WaitReason{.state = ThreadState::io, .descriptor = 5}));
  EXPECT_EQ(find_reason(in_call(SYS_poll, {0x7000})),
            (WaitReason{.state = ThreadState::io, .descriptor = {}}));
  EXPECT_EQ(find_reason(in_call(SYS_clock_nanosleep)).state, ThreadState::sleep);
  EXPECT_EQ(find_reason(in_call(SYS_wait4, {static_cast<uint64_t>(-1)})),
            (WaitReason{.state = ThreadState::child, .descriptor = {}}));
  EXPECT_EQ(find_reason(in_call(SYS_rt_sigtimedwait)).state, ThreadState::other);
}

TEST(WaitReason, OfNothingIsUnknown) {
  EXPECT_EQ(find_reason({.call = {}, .arguments = {}, .code = {}}), WaitReason{});
}

TEST(WaitReason, TheKernelsFunctionIsBeforeTheCall) {
  WaitEvidence fault = in_call(SYS_read, {3});
  fault.kernel = wait_of_kernel_function("folio_wait_bit_common");
  EXPECT_EQ(find_reason(fault), (WaitReason{.state = ThreadState::disk, .descriptor = 3}));
  WaitEvidence futex = in_call(SYS_read, {0x1000, FUTEX_WAIT_PRIVATE, 2});
  futex.kernel = wait_of_kernel_function("futex_wait_queue");
  EXPECT_EQ(find_reason(futex).state, ThreadState::lock);
  EXPECT_EQ(find_reason(futex).futex, 0x1000U);
}

TEST(WaitReason, TheStateOfTheThreadTellsStorageAndStops) {
  WaitEvidence evidence = in_call(SYS_read, {3});
  evidence.kernel_state = 'D';
  EXPECT_EQ(find_reason(evidence).state, ThreadState::disk);
  evidence = in_call(SYS_vfork);
  evidence.kernel_state = 'D';
  EXPECT_EQ(find_reason(evidence).state, ThreadState::child);
  for (const char stopped : {'T', 't'}) {
    evidence = in_call(SYS_read, {3});
    evidence.kernel_state = stopped;
    EXPECT_EQ(find_reason(evidence).state, ThreadState::stopped);
  }
}

Bytes bytes_of(const std::vector<uint8_t>& code) { return std::as_bytes(std::span(code)); }

TEST(WaitReason, TheInstructionsBeforeTellTheCall) {
  const std::vector<uint8_t> nanosleep = {0x90, 0xb8, 230, 0, 0, 0, 0x0f, 0x05};
  EXPECT_EQ(call_before(bytes_of(nanosleep)), 230U);
  const std::vector<uint8_t> read = {0xb8, 1, 0, 0, 0x31, 0xc0, 0x0f, 0x05};
  EXPECT_EQ(call_before(bytes_of(read)), 0U);
  const std::vector<uint8_t> no_call = {0xb8, 230, 0, 0, 0, 0x90, 0x90, 0x90};
  EXPECT_EQ(call_before(bytes_of(no_call)), std::nullopt);
  const std::vector<uint8_t> number_elsewhere = {0x90, 0x90, 0x89, 0xc7, 0x48, 0x89, 0x0f, 0x05};
  EXPECT_EQ(call_before(bytes_of(number_elsewhere)), std::nullopt);
  for (size_t size = 0; size < nanosleep.size() - 1; ++size) {  // cut anywhere
    EXPECT_EQ(call_before(bytes_of(nanosleep).last(size)), std::nullopt) << size;
  }
  EXPECT_EQ(find_reason({.call = {}, .arguments = {}, .code = bytes_of(nanosleep)}).state,
            ThreadState::sleep);
}

TEST(KernelWaits, AreFoundByAddressInnermostFirst) {
  const KernelWaits waits = KernelWaits::decode(
      "ffffffff81000000 T schedule\n"
      "ffffffff81000100 t futex_wait_queue\n"
      "ffffffff81000200 T do_futex\n"
      "ffffffff81000300 t ep_poll.constprop.0\n"
      "ffffffff81000400 d pipe_read\n"
      "nonsense\n"
      "ffffffffc0000000 t request_wait_answer\t[fuse]\n");
  const auto find = [&](std::vector<uint64_t> chain) { return waits.find(chain); };
  EXPECT_EQ(find({0xffffffff81000010, 0xffffffff81000150, 0xffffffff81000310}), KernelWait::futex);
  EXPECT_EQ(find({0xffffffff81000010, 0xffffffff81000310}), KernelWait::io);
  EXPECT_EQ(find({0xffffffff81000400}), KernelWait::io) << "the end of a call that does not return";
  EXPECT_EQ(find({0xffffffff81000401}), KernelWait::none) << "data of that name";
  EXPECT_EQ(find({0xffffffffc0000010}), KernelWait::disk);
  EXPECT_EQ(find({0x1000, 0xffffffff81000010}), KernelWait::none);
  EXPECT_EQ(find({}), KernelWait::none);
}

TEST(KernelWaits, HiddenAddressesAreNone) {
  EXPECT_TRUE(KernelWaits::decode("0000000000000000 T do_futex\n0000000000000000 t pipe_read\n").empty());
}

}  // namespace
}  // namespace strobe::os
