// Threads that come first.
#include "os/own_priority.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace strobe::os {
namespace {

struct Priority {
  int policy = -1;
  int nice = 0;
  friend bool operator==(const Priority&, const Priority&) = default;
};

Priority own_priority() { return {::sched_getscheduler(0), ::getpriority(PRIO_PROCESS, 0)}; }

TEST(OwnPriority, IsOfThatThreadAlone) {
  const Priority before = own_priority();
  Priority changed;
  bool allowed = false;
  std::thread([&] {
    const sched_param lowest{.sched_priority = 1};
    allowed = ::sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
  }).join();
  std::thread([&] {
    put_this_thread_first();
    changed = own_priority();
  }).join();
  EXPECT_EQ(own_priority(), before);
  if (allowed) {
    EXPECT_EQ(changed.policy & ~SCHED_RESET_ON_FORK, SCHED_FIFO);
  } else {
    EXPECT_EQ(changed, before) << "only its slice is shorter";
  }
}

}  // namespace
}  // namespace strobe::os
