#include "os/thread_place.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace strobe::os {
namespace {

constexpr uint64_t kShortestTurnNs = 100'000;  // what the kernel rounds smaller ones up to

/// struct sched_attr in its first size (linux/sched/types.h, which does not go together with sched.h).
struct SchedulingWish {
  uint32_t size = sizeof(SchedulingWish);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = kShortestTurnNs;
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

}  // namespace

bool stay_on_cpu(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(cpu), &cpus);
  return ::sched_setaffinity(0, sizeof cpus, &cpus) == 0;
}

void ask_for_short_turns() {
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  if (nice == -1 && errno != 0) return;
  SchedulingWish wish;
  wish.nice = nice;
  static_cast<void>(::syscall(SYS_sched_setattr, 0, &wish, 0));
}

}  // namespace strobe::os
