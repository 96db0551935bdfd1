// switching WORK [SWITCHES_PER_SECOND]: two threads on one CPU hand a turn to and fro, each with a little
// work for it, so that the CPU switches between them about so often (100,000 times a second). Prints the
// rate.
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "recursion.h"
#include "self_report.h"

namespace {

uint64_t turn_work(uint64_t value, int times) { return recursion::scramble_often(value, times); }

void take_turns(int mine, int others, long turns, int times, uint64_t* result) {
  uint64_t value = 1;
  for (long i = 0; i < turns; ++i) {
    uint64_t count = 0;
    if (read(mine, &count, sizeof count) != sizeof count) return;
    value = turn_work(value, times);
    count = 1;
    if (write(others, &count, sizeof count) != sizeof count) return;
  }
  *result = value;
}

double now_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds for so many turns of both.
double play(long turns, int times, uint64_t* result) {
  const int first = eventfd(1, 0);
  const int second = eventfd(0, 0);
  const double start = now_s();
  uint64_t results[2] = {};
  std::thread other(take_turns, second, first, turns, times, &results[1]);
  take_turns(first, second, turns, times, &results[0]);
  other.join();
  close(first);
  close(second);
  *result += results[0] + results[1];
  return now_s() - start;
}

}  // namespace

int main(int argc, char** argv) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  const SelfReport report("switching");
  const double wanted = argc > 2 ? std::atof(argv[2]) : 100'000;
  // The work of a turn is fixed, so that every run does the same: some 7 us on the machine it was chosen on.
  const int times = static_cast<int>(2.2e8 / wanted);
  const auto turns = static_cast<long>(amount_of_work(argc, argv) * wanted / 2);
  uint64_t result = 0;
  const double seconds = play(turns, times, &result);
  std::printf("%.0f switches a second\n", 2 * static_cast<double>(turns) / seconds);
  report.print(result);
  return 0;
}
