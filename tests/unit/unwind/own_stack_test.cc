// Real stacks of this process, as compilers made them: every one is unwound from a copy of its bytes and
// held against libunwind over the same bytes.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "support/own_process.h"
#include "unwind/oracle/libunwind_oracle.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {
namespace {

using test::OwnedSample;
using test::ProcessImage;
using test::ProcessMemory;

struct Seen {
  UnwoundStack stack;
  std::vector<uint64_t> oracle;
};

std::vector<uint64_t> addresses(const UnwoundStack& stack) {
  std::vector<uint64_t> out;
  for (const UnwoundFrame& frame : stack.frames) out.push_back(raw(frame.address));
  return out;
}

/// Unwinds the place `context` stands for, whose frames still have to be there.
[[gnu::noinline]] Seen look_at(const ucontext_t& context, size_t limit = 4 << 20,
                               MemoryReader* live = nullptr) {
  ProcessImage image;
  const OwnedSample owned = test::sample_here(context, image, limit);
  Seen seen;
  Unwinder(image).unwind({.sample = owned.sample, .space = image.space(), .live = live}, seen.stack);
  test::BytesReader bytes(owned.sample.registers.value[x86_64::kRsp], owned.stack);
  seen.oracle = unwind_with_libunwind({.registers = owned.sample.registers,
                                       .space = image.space(),
                                       .modules = image,
                                       .memory = bytes,
                                       .max_frames = 16'384});
  return seen;
}

using Body = std::function<void()>;

[[gnu::noinline]] int recurse(int depth, const Body& body) {
  if (depth == 0) {
    body();
    return 0;
  }
  const int below = recurse(depth - 1, body);
  asm volatile("" : : "r"(below) : "memory");  // no tail call
  return below + 1;
}

[[gnu::noinline, gnu::optimize("omit-frame-pointer")]] int recurse_without_frame_pointer(int depth,
                                                                                         const Body& body) {
  volatile char room[64];
  room[depth % 64] = 1;
  if (depth == 0) {
    body();
    return room[0];
  }
  const int below = recurse_without_frame_pointer(depth - 1, body);
  return below + room[depth % 64];
}

/// A realigned stack: compilers keep the CFA in memory for these.
[[gnu::noinline]] int realigned(int depth, const Body& body) {
  alignas(64) volatile char room[128];
  volatile char* variable =
      static_cast<volatile char*>(__builtin_alloca(static_cast<size_t>(depth) * 16 + 16));
  room[depth % 128] = 1;
  variable[0] = 1;
  if (depth == 0) {
    body();
    return room[0];
  }
  return realigned(depth - 1, body) + room[depth % 128] + variable[0];
}

void expect_complete_and_equal(const Seen& seen, size_t least_frames) {
  EXPECT_EQ(seen.stack.stack_class, StackClass::complete) << name_of(seen.stack.reason);
  EXPECT_GE(seen.stack.frames.size(), least_frames);
  EXPECT_EQ(addresses(seen.stack), seen.oracle);
}

Seen look_from(const std::function<void(const Body&)>& path) {
  Seen seen;
  path([&] {
    ucontext_t context;
    ::getcontext(&context);
    seen = look_at(context);
  });
  return seen;
}

TEST(OwnStack, FramesOfManyShapes) {
  const struct {
    const char* name;
    std::function<void(const Body&)> path;
    size_t least_frames;
  } cases[] = {
      {"shallow", [](const Body& body) { body(); }, 8},
      {"frame pointers", [](const Body& body) { recurse(40, body); }, 48},
      {"no frame pointers", [](const Body& body) { recurse_without_frame_pointer(40, body); }, 48},
      {"realigned", [](const Body& body) { realigned(20, body); }, 28},
      {"mixed",
       [](const Body& body) {
         recurse(10, [&] { recurse_without_frame_pointer(10, [&] { realigned(10, body); }); });
       },
       40},
      {"5,000 deep", [](const Body& body) { recurse(5000, body); }, 5000},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    expect_complete_and_equal(look_from(c.path), c.least_frames);
  }
}

Body* sort_body = nullptr;

int compare_and_look(const void* a, const void* b) {
  if (Body* body = std::exchange(sort_body, nullptr)) (*body)();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

TEST(OwnStack, ThroughACallbackFromLibc) {
  const Seen seen = look_from([](const Body& body) {
    Body copy = body;
    sort_body = &copy;
    int values[] = {3, 1, 2};
    std::qsort(values, 3, sizeof values[0], compare_and_look);
  });
  expect_complete_and_equal(seen, 10);
}

TEST(OwnStack, InAThread) {
  Seen seen;
  std::thread([&] {
    seen = look_from([](const Body& body) { recurse_without_frame_pointer(12, body); });
  }).join();
  expect_complete_and_equal(seen, 14);
}

Seen* handler_seen = nullptr;
MemoryReader* handler_live = nullptr;
uint64_t interrupted_pc = 0;

void handle_signal(int /*number*/, siginfo_t* /*info*/, void* argument) {
  ucontext_t context;
  ::getcontext(&context);
  interrupted_pc = static_cast<uint64_t>(static_cast<ucontext_t*>(argument)->uc_mcontext.gregs[REG_RIP]);
  *handler_seen = look_at(context, 4 << 20, handler_live);
}

Seen look_from_handler(int flags) {
  Seen seen;
  handler_seen = &seen;
  struct sigaction action {};
  struct sigaction old {};
  action.sa_sigaction = handle_signal;
  action.sa_flags = SA_SIGINFO | flags;
  ::sigaction(SIGUSR2, &action, &old);
  recurse_without_frame_pointer(5, [] { ::raise(SIGUSR2); });
  ::sigaction(SIGUSR2, &old, nullptr);
  return seen;
}

TEST(OwnStack, ThroughASignalHandler) {
  const Seen seen = look_from_handler(0);
  expect_complete_and_equal(seen, 14);
  const auto interrupted =
      std::find_if(seen.stack.frames.begin(), seen.stack.frames.end(),
                   [](const UnwoundFrame& frame) { return raw(frame.address) == interrupted_pc; });
  ASSERT_NE(interrupted, seen.stack.frames.end());
  EXPECT_EQ(interrupted->kind, AddressKind::instruction) << "it did not call: nothing may be taken off";
  EXPECT_EQ(std::prev(interrupted)->kind, AddressKind::instruction) << "the trampoline was not called either";
}

TEST(OwnStack, FromASignalStackToTheMainOne) {
  std::vector<std::byte> room(256 * 1024);
  const stack_t stack{.ss_sp = room.data(), .ss_size = room.size()};
  ASSERT_EQ(::sigaltstack(&stack, nullptr), 0);
  ProcessMemory memory;
  handler_live = nullptr;
  const Seen copy_only = look_from_handler(SA_ONSTACK);
  handler_live = &memory;
  const Seen with_live = look_from_handler(SA_ONSTACK);
  handler_live = nullptr;
  const stack_t off{.ss_flags = SS_DISABLE};
  ASSERT_EQ(::sigaltstack(&off, nullptr), 0);
  EXPECT_NE(copy_only.stack.stack_class, StackClass::complete);
  EXPECT_EQ(with_live.stack.stack_class, StackClass::completed) << name_of(with_live.stack.reason);
  EXPECT_GT(with_live.stack.frames.size(), copy_only.stack.frames.size());
}

TEST(OwnStack, ShortCopyIsTruncatedAndCompletedFromLiveMemory) {
  Seen whole;
  Seen copy_only;
  Seen completed;
  recurse_without_frame_pointer(200, [&] {
    ucontext_t context;
    ::getcontext(&context);
    ProcessMemory memory;
    whole = look_at(context);
    copy_only = look_at(context, 4096);
    completed = look_at(context, 4096, &memory);
  });
  EXPECT_EQ(copy_only.stack.stack_class, StackClass::truncated);
  EXPECT_EQ(copy_only.stack.reason, LossReason::stack_copy_short);
  EXPECT_GT(copy_only.stack.frames.size(), 5u);
  EXPECT_EQ(completed.stack.stack_class, StackClass::completed) << name_of(completed.stack.reason);
  EXPECT_EQ(addresses(completed.stack), addresses(whole.stack));
}

/// Live memory in which one word has changed since the copy.
class ChangedMemory final : public MemoryReader {
 public:
  ChangedMemory(uint64_t place, int reads_before) : place_(place), reads_before_(reads_before) {}
  bool read_memory(uint64_t address, std::span<std::byte> out) override {
    if (!memory_.read_memory(address, out)) return false;
    const uint64_t offset = place_ - address;
    if (reads_before_-- <= 0 && offset < out.size()) out[offset] ^= std::byte{1};
    return true;
  }

 private:
  ProcessMemory memory_;
  uint64_t place_;
  int reads_before_;
};

TEST(OwnStack, CompletionIsRefusedWhereTheThreadMovedOn) {
  for (const int reads_before : {0, 3}) {  // changed at once; changed while the rest was read
    SCOPED_TRACE(reads_before);
    Seen seen;
    recurse_without_frame_pointer(200, [&] {
      ucontext_t context;
      ::getcontext(&context);
      const uint64_t sp = static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
      ChangedMemory memory(sp + 4096 - 100, reads_before);
      seen = look_at(context, 4096, &memory);
    });
    EXPECT_EQ(seen.stack.stack_class, StackClass::truncated);
    EXPECT_EQ(seen.stack.reason, LossReason::stack_copy_short);
  }
}

TEST(OwnStack, CutAnywhereNeverReadsOutsideAndNeverInventsFrames) {
  ucontext_t context;
  ::getcontext(&context);
  Seen whole;
  std::vector<Seen> cut;
  recurse_without_frame_pointer(20, [&] {
    ucontext_t here;
    ::getcontext(&here);
    whole = look_at(here);
    for (size_t size = 0; size < 4096; size += 104) cut.push_back(look_at(here, size));
  });
  const auto all = addresses(whole.stack);
  for (const Seen& seen : cut) {
    const auto some = addresses(seen.stack);
    ASSERT_LE(some.size(), all.size());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
    EXPECT_EQ(seen.stack.stack_class, StackClass::truncated);
  }
}

}  // namespace
}  // namespace strobe::unwind
