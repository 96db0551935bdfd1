// Two functions with about the same work, in turns of a millisecond: with_calls makes a short system call
// every microsecond or two, without_calls makes none. Prints the CPU seconds of both.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NAMED __attribute__((noinline, noclone))

static double thread_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static volatile uint64_t state = 1;

NAMED void with_calls(void) {
  for (int call = 0; call < 700; call++) {
    for (int i = 0; i < 1000; i++) state = state * 5 + 1;
    syscall(SYS_getppid);
  }
}

NAMED void without_calls(void) {
  for (int i = 0; i < 700000; i++) state = state * 5 + 1;
}

int main(void) {
  double with_s = 0;
  double without_s = 0;
  for (int turn = 0; turn < 800; turn++) {
    const double start = thread_seconds();
    with_calls();
    const double middle = thread_seconds();
    without_calls();
    with_s += middle - start;
    without_s += thread_seconds() - middle;
  }
  printf("{\"with_calls\":%.6f,\"without_calls\":%.6f}\n", with_s, without_s);
  return 0;
}
