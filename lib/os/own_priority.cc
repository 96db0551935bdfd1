#include "os/own_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace strobe::os {
namespace {

/// struct sched_attr in its first size (linux/sched/types.h, which the C library's header excludes).
struct Attributes {
  uint32_t size = 0;
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

}  // namespace

void put_this_thread_first() {
  const sched_param lowest{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0) return;
  // From Linux 6.12 on the runtime of an ordinary thread is its slice: the shorter, the earlier its turn
  // (sched(7), EEVDF). Kernels before ignore it.
  Attributes attributes;
  attributes.size = sizeof attributes;
  attributes.nice = ::getpriority(PRIO_PROCESS, 0);  // as it is
  attributes.runtime_ns = 100'000;
  static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0));
}

}  // namespace strobe::os
